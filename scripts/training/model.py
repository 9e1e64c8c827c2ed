# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""A small Llama: RMSNorm, RoPE (half split), grouped queries, SwiGLU, tied embeddings.

Rows of different length are concatenated; attention runs row by row over the chunks that data.py
lays out, in bfloat16 by plain matrix products (on CPUs with bfloat16 dot products this is two to
three times faster than the fused kernels).
"""

from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Config:
    vocab_size: int = 448
    hidden_size: int = 192
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    intermediate_size: int = 384
    rope_theta: float = 1e9
    eps: float = 1e-5

    def as_dict(self):
        return asdict(self)


class Norm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


def rotate(x, cos, sin):
    """Half-split RoPE on (tokens, heads, head_dim)."""
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def attend(q, k, v, chunks):
    """q (kv_heads, group, tokens, head_dim); k, v (kv_heads, tokens, head_dim)."""
    kv_heads, group, _, dim = q.shape
    parts = []
    for begin, end, keys, bias in chunks:
        n = end - begin
        kc, vc = (k[:, keys], v[:, keys]) if isinstance(keys, slice) else (
            k.index_select(1, keys), v.index_select(1, keys))
        scores = q[:, :, begin:end].reshape(kv_heads, group * n, dim) @ kc.transpose(1, 2)
        scores = (scores.view(kv_heads, group, n, -1) + bias).softmax(-1)
        parts.append((scores.view(kv_heads, group * n, -1) @ vc).view(kv_heads, group, n, dim))
    return torch.cat(parts, 2)


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.norm1 = Norm(c.hidden_size, c.eps)
        self.norm2 = Norm(c.hidden_size, c.eps)
        self.q = nn.Linear(c.hidden_size, c.heads * c.head_dim, bias=False)
        self.k = nn.Linear(c.hidden_size, c.kv_heads * c.head_dim, bias=False)
        self.v = nn.Linear(c.hidden_size, c.kv_heads * c.head_dim, bias=False)
        self.o = nn.Linear(c.heads * c.head_dim, c.hidden_size, bias=False)
        self.gate = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.up = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.down = nn.Linear(c.intermediate_size, c.hidden_size, bias=False)

    def forward(self, x, cos, sin, chunks, dtype):
        c, n = self.c, x.shape[0]
        h = self.norm1(x)
        q = rotate(self.q(h).view(n, c.heads, c.head_dim), cos, sin) * c.head_dim**-0.5
        k = rotate(self.k(h).view(n, c.kv_heads, c.head_dim), cos, sin)
        v = self.v(h).view(n, c.kv_heads, c.head_dim)
        q = q.to(dtype).view(n, c.kv_heads, -1, c.head_dim).permute(1, 2, 0, 3)
        y = attend(q, k.to(dtype).transpose(0, 1), v.to(dtype).transpose(0, 1), chunks)
        x = x + self.o(y.permute(2, 0, 1, 3).reshape(n, -1))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Model(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab_size, c.hidden_size)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.norm = Norm(c.hidden_size, c.eps)
        # Tied embeddings make the first logits far too sharp; folded into `norm` at export.
        self.scale = nn.Parameter(torch.tensor(0.15))
        pairs = c.head_dim // 2
        self.register_buffer("freq", c.rope_theta ** (-torch.arange(pairs).double() / pairs),
                             persistent=False)

    def forward(self, batch, dtype=torch.bfloat16):
        angle = batch.positions.double()[:, None] * self.freq
        cos, sin = angle.cos().float()[:, None], angle.sin().float()[:, None]
        x = self.embed(batch.tokens)
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            for layer in self.layers:
                x = layer(x, cos, sin, batch.chunks, dtype)
            h = self.norm(x[batch.inputs]) * self.scale
            return F.linear(h, self.embed.weight).float()


class Batch:
    """Concatenates rows."""

    def __init__(self, rows, dtype=torch.bfloat16):
        offsets, total = [], 0
        for row in rows:
            offsets.append(total)
            total += len(row.tokens)
        cat = lambda parts: torch.cat([torch.from_numpy(part) for part in parts])
        self.tokens = cat(row.tokens for row in rows)
        self.positions = cat(row.positions for row in rows)
        self.inputs = cat(row.inputs + o for row, o in zip(rows, offsets))
        self.targets = cat(row.targets for row in rows)
        self.classes = cat(row.classes for row in rows)
        self.threads = cat(row.threads for row in rows)
        self.rows = cat(torch.full((len(row.inputs),), i).numpy() for i, row in enumerate(rows))
        self.chunks = [self.chunk(c, o, dtype) for row, o in zip(rows, offsets) for c in row.chunks]

    @staticmethod
    def chunk(chunk, offset, dtype):
        begin, end, keys, visible = chunk
        bias = torch.zeros(visible.shape, dtype=dtype)
        bias.masked_fill_(torch.from_numpy(~visible), float("-inf"))
        if keys[-1] - keys[0] + 1 == len(keys):
            keys = slice(int(keys[0]) + offset, int(keys[-1]) + 1 + offset)
        else:
            keys = torch.from_numpy(keys + offset)
        return begin + offset, end + offset, keys, bias
