# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Mimetic initialisation: weights that already look like what a trained retrieval model has.

The residual stream is cut into `own` (64 dimensions, the first a constant) and four slots of 32.
Layer 0 copies the tokens at offsets -1 to -4 into the slots. Layers 1 and 2 start with a ready-made
match of (own, offset -1) against (offset -1, offset -2) of the keys, and all copy by default.
Everything is then trained.
"""

import math

import torch

OWN, SLOT = 64, 32


def slot(i):
    """Dimensions of the copy of the token at offset -i."""
    return slice(OWN + (i - 1) * SLOT, OWN + i * SLOT)


def set_offset_head(layer, c, head, offset, strength, freq):
    """Query head `head` attends `offset` tokens back: constant channel, high-frequency pairs."""
    pairs, half = 4, c.head_dim // 2
    q = layer.q.weight.view(c.heads, c.head_dim, -1)[head]
    k = layer.k.weight.view(c.kv_heads, c.head_dim, -1)[head // (c.heads // c.kv_heads)]
    for i in range(pairs):
        angle = -offset * float(freq[i])  # R(m) q . R(m - offset) k is largest for q = R(-offset) k
        q[i, 0], q[half + i, 0] = strength * math.cos(angle), strength * math.sin(angle)
        k[i, 0], k[half + i, 0] = strength, 0.0


def low_frequency_dims(c, freq, limit=3e-4):
    """Dimensions of a head on which content can be matched at any distance."""
    half = c.head_dim // 2
    return [d for i in range(half) if freq[i] < limit for d in (i, half + i)]


def set_match(layer, c, head, queries, keys, code, strength, dims):
    """Adds a match of `queries` (slots, 0 is own) of the query against `keys` of the key."""
    q = layer.q.weight.view(c.heads, c.head_dim, -1)[head]
    k = layer.k.weight.view(c.kv_heads, c.head_dim, -1)[head // (c.heads // c.kv_heads)]
    size = len(dims) // len(queries)
    for n, (a, b) in enumerate(zip(queries, keys)):
        project = torch.nn.init.orthogonal_(torch.empty(size, SLOT)) * strength
        rows = torch.tensor(dims[n * size:(n + 1) * size])
        for weight, source in ((q, a), (k, b)):
            if source == 0:
                weight[rows, :OWN] = project @ code
            else:
                weight[rows, slot(source)] = project


@torch.no_grad()
def initialise(model, seed, offsets):
    """Sets all weights of `model`. `offsets`: layer -> (query head, tokens back)."""
    torch.manual_seed(seed)
    c, freq = model.c, model.freq
    for parameter in model.parameters():
        if parameter.dim() == 2:
            parameter.normal_(0, 0.5 / math.sqrt(parameter.shape[1]))
    model.embed.weight.normal_(0, 0.02)
    model.embed.weight[:, :OWN] = torch.randn(c.vocab_size, OWN)
    model.embed.weight[:, 0] = 3.0
    code = torch.nn.init.orthogonal_(torch.empty(SLOT, OWN))
    code[:, 0] = 0
    dims = low_frequency_dims(c, freq)
    group = c.heads // c.kv_heads
    identity = torch.zeros(c.head_dim, c.hidden_size)
    identity[1:, 1:OWN] = torch.eye(OWN - 1)[: c.head_dim - 1]
    for number, layer in enumerate(model.layers):
        layer.v.weight.normal_(0, 0.02)
        layer.o.weight.normal_(0, 0.02)
        layer.down.weight.mul_(0.5)
        for kv in range(c.kv_heads):
            layer.v.weight.view(c.kv_heads, c.head_dim, -1)[kv] += identity
        for head in range(c.heads):
            out = layer.o.weight.view(c.hidden_size, c.heads, c.head_dim)[:, head]
            if number == 0:
                set_offset_head(layer, c, head, head + 1, 2.0, freq)
                out[slot(head + 1)] += 0.6 * code
            else:
                out[:OWN] += 0.3 * torch.eye(OWN)[:, : c.head_dim]
    for number in (1, 2):
        layer = model.layers[number]
        set_match(layer, c, 0, (0, 1), (1, 2), code, 1.5, dims)
        set_match(layer, c, group, (0,), (4,) if number == 1 else (1,), code, 1.5, dims)
    for number, (head, offset) in offsets.items():
        set_offset_head(model.layers[number], c, head, offset, 3.4, freq)
