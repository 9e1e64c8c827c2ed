# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""The small random models of the fixtures: one configuration per family, weights of its own class.

Every number that a loader could get wrong without a crash is unusual on purpose: norm weights away
from one, biases away from zero, head_dim that is not hidden / heads, windows that do not end on a
page, an epsilon of the norms that counts, inner sizes that differ from the outer ones, rotary
scaling that changes every frequency.
"""

import torch
import transformers

VOCABULARY = 272

COMMON = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "tie_word_embeddings": False,
    "rms_norm_eps": 0.05,
}


def rope(theta, **scaling):
    return {"rope_theta": theta, "rope_type": "default", **scaling}


CONFIGS = {
    # Wavelengths of 6 to 7,000 positions: below, within and above llama3's ramp of 32 to 128.
    "llama": transformers.LlamaConfig(
        **COMMON | {"hidden_size": 96},
        head_dim=16,
        rope_parameters=rope(
            10000.0,
            rope_type="llama3",
            factor=8.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=128,
        ),
    ),
    "llama-linear": transformers.LlamaConfig(
        **COMMON | {"num_attention_heads": 4},
        rope_parameters=rope(10000.0, rope_type="linear", factor=4.0),
    ),
    "qwen2": transformers.Qwen2Config(
        **COMMON | {"num_attention_heads": 4, "tie_word_embeddings": True},
        use_sliding_window=False,
        sliding_window=32,
        max_window_layers=1,
        rope_parameters=rope(1000000.0),
    ),
    "qwen3": transformers.Qwen3Config(
        **COMMON, head_dim=24, rope_parameters=rope(1000000.0)
    ),
    "qwen3_moe": transformers.Qwen3MoeConfig(
        **COMMON | {"num_hidden_layers": 3},
        head_dim=16,
        moe_intermediate_size=24,
        num_experts=8,
        num_experts_per_tok=2,
        norm_topk_prob=True,
        mlp_only_layers=[1],
        rope_parameters=rope(1000000.0),
    ),
    "mistral": transformers.MistralConfig(
        **COMMON | {"num_attention_heads": 4},
        head_dim=16,
        sliding_window=50,
        rope_parameters=rope(10000.0),
    ),
    # YaRN's ramp runs from 1.3 to 5.9 of 16 frequencies, so rounding its ends would show.
    "gpt_oss": transformers.GptOssConfig(
        **COMMON
        | {
            "intermediate_size": 32,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "max_position_embeddings": 4096,
        },
        head_dim=32,
        sliding_window=40,
        num_local_experts=8,
        num_experts_per_tok=4,
        swiglu_limit=7.0,
        rope_parameters=rope(
            150000.0,
            rope_type="yarn",
            factor=8.0,
            beta_fast=32.0,
            beta_slow=1.0,
            truncate=False,
            original_max_position_embeddings=512,
        ),
    ),
    # Sides that are multiples of the 128 x 128 blocks, as in the published fp8 checkpoints.
    "qwen3-fp8": transformers.Qwen3Config(
        **COMMON
        | {
            "hidden_size": 128,
            "intermediate_size": 256,
            "num_attention_heads": 8,
            "num_key_value_heads": 4,
            "tie_word_embeddings": True,
        },
        head_dim=32,
        rope_parameters=rope(1000000.0),
    ),
}

# Standard deviation of a projection's outputs for inputs of unit variance.
GAINS = {
    "q_proj.weight": 1.3,
    "k_proj.weight": 1.3,
    "o_proj.weight": 0.6,
    "gpt_oss.gate_up_proj": 3.5,
    "gpt_oss.down_proj": 0.05,
    "lm_head.weight": 2.5,
}
DEVIATIONS = {
    "embed_tokens.weight": 1.5,
    "gate_up_proj_bias": 1.0,
    "router.bias": 0.1,
    "bias": 0.3,
}
CLASSES = 8


def ending(table, name):
    return next((value for suffix, value in table.items() if name.endswith(suffix)), None)


def random_tensor(name, tensor, generator):
    noise = torch.randn(tensor.shape, generator=generator)
    if name == "model.norm.weight":  # of both signs, so that tied embeddings do not repeat tokens
        return (1.0 + 0.2 * noise.abs()) * noise.sign()
    if name.endswith("norm.weight"):
        return (1.3 if name.endswith(("q_norm.weight", "k_norm.weight")) else 1.0) + 0.3 * noise
    if name.endswith("sinks"):  # near the log-sum-exp of a window's scores: shares of 1 to 90 %
        return 4.0 + 1.5 * noise
    deviation = ending(DEVIATIONS, name)
    if deviation is not None:
        return deviation * noise
    inputs = tensor.shape[-2] if name.startswith("gpt_oss.") else tensor.shape[-1]
    return noise * (ending(GAINS, name) or 1.0) / inputs**0.5


def separate_experts(model, generator):
    """Gives tokens of a few classes a direction each, and every router a set of experts for each
    class, so that rounding does not change which experts a token goes to."""
    config = model.config
    square = torch.randn(config.hidden_size, config.hidden_size, generator=generator)
    directions = torch.linalg.qr(square).Q[:CLASSES]
    classes = torch.randint(CLASSES, (config.vocab_size,), generator=generator)
    model.model.embed_tokens.weight += 2.0 * directions[classes] * config.hidden_size**0.5
    for name, parameter in model.named_parameters():
        if name.endswith(("router.weight", "mlp.gate.weight")):
            order = torch.rand(CLASSES, len(parameter), generator=generator).argsort(-1)
            chosen = (order < config.num_experts_per_tok).float() * 2.0 - 1.0
            parameter.copy_(0.2 * chosen.T @ directions + 0.05 * parameter)


# With the widest gaps between the last chosen and the first other expert, of a few dozen seeds.
SEEDS = {"qwen3_moe": 9, "gpt_oss": 51}


def random_model(family, seed=None):
    """A model of the family's class in f32 whose every parameter is random."""
    config = CONFIGS[family]
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed or SEEDS.get(family, 1))
    for name, parameter in model.named_parameters():
        transposed = config.model_type == "gpt_oss" and parameter.ndim == 3
        label = "gpt_oss." + name.split(".")[-1] if transposed else name
        parameter.copy_(random_tensor(label, parameter, generator))
    if hasattr(config, "num_experts_per_tok"):
        separate_experts(model, generator)
    elif config.tie_word_embeddings:  # embeddings are larger than an output head's rows
        model.model.norm.weight *= 0.25
    else:  # what the layers round matters less beside larger embeddings
        model.model.embed_tokens.weight *= 1.6
    return model
