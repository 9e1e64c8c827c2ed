# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a checkpoint in Hugging Face layout: config.json, model.safetensors, tokenizer.json."""

import argparse
import json
import subprocess
from pathlib import Path

import torch

import safetensors_file

NAMES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj",
         "o": "self_attn.o_proj", "gate": "mlp.gate_proj", "up": "mlp.up_proj",
         "down": "mlp.down_proj", "norm1": "input_layernorm", "norm2": "post_attention_layernorm"}


def tensors(state):
    """HF names; the logit scale goes into the final norm."""
    out = {"model.embed_tokens.weight": state["embed.weight"],
           "model.norm.weight": state["norm.weight"] * state["scale"]}
    for name, value in state.items():
        if name.startswith("layers."):
            _, number, part, kind = name.split(".")
            out[f"model.layers.{number}.{NAMES[part]}.{kind}"] = value
    return {name: value for name, value in out.items()}


def config_json(c, ids):
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama",
            "vocab_size": c["vocab_size"], "hidden_size": c["hidden_size"],
            "intermediate_size": c["intermediate_size"], "num_hidden_layers": c["layers"],
            "num_attention_heads": c["heads"], "num_key_value_heads": c["kv_heads"],
            "head_dim": c["head_dim"], "hidden_act": "silu", "rms_norm_eps": c["eps"],
            "rope_theta": c["rope_theta"], "max_position_embeddings": 8192,
            "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True,
            "torch_dtype": "bfloat16", "bos_token_id": ids["<s>"],
            "eos_token_id": ids["</answer>"]}


def tokenizer_json(vocabulary):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
            "normalizer": None, "pre_tokenizer": {"type": "WhitespaceSplit"},
            "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel",
                      "vocab": {word: i for i, word in enumerate(vocabulary)},
                      "unk_token": "<unk>"}}


def vocabulary_of(exporter, task):
    command = [exporter, "export-task", "--task", task, "--setting", "tiny", "--seed", "1",
               "--first", "0", "--count", "1", "-o", "-"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[0])["vocabulary"]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("checkpoint", type=Path)
    p.add_argument("--exporter", required=True, help="the pagequest binary")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--task", default="pocket-hops", help="whose words the model knows")
    options = p.parse_args()
    checkpoint = torch.load(options.checkpoint)
    vocabulary = vocabulary_of(options.exporter, options.task)
    ids = {word: i for i, word in enumerate(vocabulary)}
    options.out.mkdir(parents=True, exist_ok=True)
    safetensors_file.write(options.out / "model.safetensors", tensors(checkpoint["model"]))
    for name, content in (("config.json", config_json(checkpoint["config"], ids)),
                          ("tokenizer.json", tokenizer_json(vocabulary))):
        (options.out / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
