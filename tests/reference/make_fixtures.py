# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the checkpoints and expected logits that the engine's tests compare with.

    python make_fixtures.py                          the tiny random checkpoint and its logits
    python make_fixtures.py --model engine/pocket    the logits of a real model

Needs PyTorch. The tests need only what it writes, beside this script.
"""

import argparse
import json
import pathlib

import torch

import llama

HERE = pathlib.Path(__file__).parent

TINY = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "vocab_size": 64,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
    "bos_token_id": 0,
    "eos_token_id": 1,
}


def random_weights(config, seed):
    generator = torch.Generator().manual_seed(seed)
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    query = config["num_attention_heads"] * config["head_dim"]
    key = config["num_key_value_heads"] * config["head_dim"]

    def matrix(outputs, inputs):
        # Above the usual scale, so that attention is far from uniform.
        return torch.randn(outputs, inputs, generator=generator) * 1.7 / inputs**0.5

    def norm():
        return 1.0 + 0.2 * torch.randn(hidden, generator=generator)

    weights = {
        "model.embed_tokens.weight": torch.randn(config["vocab_size"], hidden, generator=generator),
        "model.norm.weight": norm(),
        "lm_head.weight": matrix(config["vocab_size"], hidden),
    }
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        weights[f"{prefix}.input_layernorm.weight"] = norm()
        weights[f"{prefix}.post_attention_layernorm.weight"] = norm()
        weights[f"{prefix}.self_attn.q_proj.weight"] = matrix(query, hidden)
        weights[f"{prefix}.self_attn.k_proj.weight"] = matrix(key, hidden)
        weights[f"{prefix}.self_attn.v_proj.weight"] = matrix(key, hidden)
        weights[f"{prefix}.self_attn.o_proj.weight"] = matrix(hidden, query)
        weights[f"{prefix}.mlp.gate_proj.weight"] = matrix(inner, hidden)
        weights[f"{prefix}.mlp.up_proj.weight"] = matrix(inner, hidden)
        weights[f"{prefix}.mlp.down_proj.weight"] = matrix(hidden, inner)
    return weights


def tokenizer(words):
    return {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: index for index, word in enumerate(words)},
            "unk_token": "<unk>",
        },
    }


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_tiny(folder):
    folder.mkdir(exist_ok=True)
    write_json(folder / "config.json", TINY)
    words = ["<bos>", "<eos>", "<unk>"] + [f"w{i}" for i in range(3, TINY["vocab_size"])]
    write_json(folder / "tokenizer.json", tokenizer(words))
    llama.write_safetensors(folder / "model.safetensors", random_weights(TINY, seed=1), "BF16")


def fnv1a(path):
    """64-bit FNV-1a of a file, in hex: tells whether a fixture belongs to a checkpoint."""
    value = 0xCBF29CE484222325
    for byte in path.read_bytes():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def write_logits(folder, path, length, positions):
    """Logits at some positions of a sequence of pseudo-random tokens of the vocabulary."""
    config, weights = llama.load(folder)
    vocabulary = config["vocab_size"]
    generator = torch.Generator().manual_seed(2)
    tokens = torch.randint(vocabulary, (length,), generator=generator).tolist()
    expected = llama.logits(tokens, weights, config)
    rows = [{"position": p, "logits": [round(x, 6) for x in expected[p].tolist()]} for p in positions]
    checkpoint = fnv1a(folder / "model.safetensors")
    path.write_text(json.dumps({"checkpoint": checkpoint, "tokens": tokens, "rows": rows}) + "\n")
    print(f"{path}: {length} tokens, {len(rows)} rows of {vocabulary} logits")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, help="folder of a real model")
    arguments = parser.parse_args()
    torch.set_grad_enabled(False)
    if arguments.model is None:
        write_tiny(HERE / "tiny")
        write_logits(HERE / "tiny", HERE / "tiny_logits.json", 100, [0, 1, 15, 16, 63, 64, 99])
    else:
        name = arguments.model.resolve().name
        write_logits(arguments.model, HERE / f"{name}_logits.json", 700, [0, 17, 255, 512, 699])


if __name__ == "__main__":
    main()
