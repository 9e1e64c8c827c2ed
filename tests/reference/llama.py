# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""A Llama decoder in plain PyTorch, written independently of the engine, as its oracle.

Dense attention over one sequence in f32; nothing is cached, paged or batched.
"""

import json
import pathlib
import struct

import torch

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_safetensors(path):
    """{name: f32 tensor} of a safetensors file."""
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).to(torch.float32)
    return tensors


def write_safetensors(path, tensors, dtype):
    """Writes {name: tensor} in one dtype ("F32", "F16" or "BF16")."""
    header, blobs, offset = {}, [], 0
    for name, tensor in sorted(tensors.items()):
        stored = tensor.to(DTYPES[dtype]).contiguous()
        blob = stored.view(torch.uint8).numpy().tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def rms_norm(x, weight, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * weight


def rotate(x, theta):
    """Rotary embedding of x (head, position, head_dim), half-split pairs."""
    half = x.shape[-1] // 2
    frequencies = 1.0 / theta ** (torch.arange(half, dtype=torch.float32) / half)
    angles = torch.arange(x.shape[1], dtype=torch.float32)[:, None] * frequencies
    low, high = x[..., :half], x[..., half:]
    cosine, sine = angles.cos(), angles.sin()
    return torch.cat([low * cosine - high * sine, high * cosine + low * sine], dim=-1)


def attention(x, weights, prefix, config):
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    length = x.shape[0]

    def project(name, count):
        return (x @ weights[f"{prefix}.{name}_proj.weight"].T).view(length, count, -1).transpose(0, 1)

    theta = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
    query = rotate(project("q", heads), theta)
    key = rotate(project("k", groups), theta).repeat_interleave(heads // groups, dim=0)
    value = project("v", groups).repeat_interleave(heads // groups, dim=0)
    scores = query @ key.transpose(1, 2) / query.shape[-1] ** 0.5
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    probabilities = scores.masked_fill(future, -torch.inf).softmax(-1)
    mixed = (probabilities @ value).transpose(0, 1).reshape(length, -1)
    return mixed @ weights[f"{prefix}.o_proj.weight"].T


def feed_forward(x, weights, prefix):
    gate = x @ weights[f"{prefix}.gate_proj.weight"].T
    up = x @ weights[f"{prefix}.up_proj.weight"].T
    return (torch.nn.functional.silu(gate) * up) @ weights[f"{prefix}.down_proj.weight"].T


def logits(tokens, weights, config):
    """(position, vocabulary) for a list of tokens."""
    epsilon = config["rms_norm_eps"]
    x = weights["model.embed_tokens.weight"][torch.tensor(tokens)]
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        normed = rms_norm(x, weights[f"{prefix}.input_layernorm.weight"], epsilon)
        x = x + attention(normed, weights, f"{prefix}.self_attn", config)
        normed = rms_norm(x, weights[f"{prefix}.post_attention_layernorm.weight"], epsilon)
        x = x + feed_forward(normed, weights, f"{prefix}.mlp")
    tied = config.get("tie_word_embeddings", False)
    head = weights["model.embed_tokens.weight" if tied else "lm_head.weight"]
    return rms_norm(x, weights["model.norm.weight"], epsilon) @ head.T


def load(folder):
    """(config, weights) of a Hugging Face folder."""
    folder = pathlib.Path(folder)
    config = json.loads((folder / "config.json").read_text())
    return config, read_safetensors(folder / "model.safetensors")
