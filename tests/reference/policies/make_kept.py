# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Writes kept.json: which tokens kvpress keeps of random attention, for the engine's policies.

    pip install torch==2.13.0 kvpress
    python make_kept.py

The tests need only what it writes, beside this script.
"""

import importlib.metadata
import json
import pathlib
import types

import kvpress
import torch

HERE = pathlib.Path(__file__).parent
QUERY_HEADS, KV_HEADS, TOKENS, HEAD_DIM = 4, 2, 32, 4
RATIO = 0.45  # of the tokens go

PRESSES = {
    "tova": kvpress.TOVAPress(RATIO),
    "observed": kvpress.ObservedAttentionPress(RATIO),
    "snapkv": kvpress.SnapKVPress(RATIO, window_size=8, kernel_size=5),
    "streaming": kvpress.StreamingLLMPress(RATIO, n_sink=4),
}


def causal_attention(seed):
    """(1, query head, query, key), rows that sum to 1, in few digits so that the file is short."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(1, QUERY_HEADS, TOKENS, TOKENS, generator=generator)
    future = torch.triu(torch.ones(TOKENS, TOKENS, dtype=torch.bool), diagonal=1)
    attention = logits.masked_fill(future, float("-inf")).softmax(-1)
    return (attention * 1e5).round() / 1e5


def kept(press, attention):
    """(KV head): positions that the press keeps, ascending."""
    module = types.SimpleNamespace(
        config=types.SimpleNamespace(num_attention_heads=QUERY_HEADS),
        head_dim=HEAD_DIM,
        layer_idx=0,
    )
    # Values carry their position through the gather.
    position = torch.arange(TOKENS, dtype=torch.float32).view(1, 1, TOKENS, 1)
    values = position.expand(1, KV_HEADS, TOKENS, HEAD_DIM).contiguous()
    hidden = torch.zeros(1, TOKENS, 8)
    _, left = press.compress(module, hidden, values.clone(), values, attention, {})
    return [sorted(int(p) for p in head[:, 0]) for head in left[0]]


def main():
    cases = []
    for seed in range(4):
        attention = causal_attention(seed)
        rows = attention[0].flatten(0, 1)
        cases.append(
            {
                # (query head, query): the visible keys only
                "attention": [
                    [round(float(x), 5) for x in row[: i % TOKENS + 1]] for i, row in enumerate(rows)
                ],
                "kept": {name: kept(press, attention) for name, press in PRESSES.items()},
            }
        )
    document = {
        "made_with": f"kvpress {importlib.metadata.version('kvpress')}",
        "query_heads": QUERY_HEADS,
        "kv_heads": KV_HEADS,
        "tokens": TOKENS,
        "cases": cases,
    }
    (HERE / "kept.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
