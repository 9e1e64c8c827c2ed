# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Writes checkpoint folders as Hugging Face lays them out, and reads them with Transformers."""

import json

import safetensors.torch
import torch
import transformers

import families

FP4_VALUES = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
FP8_LARGEST = 448.0


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_tokenizer(folder):
    words = ["<bos>", "<eos>", "<unk>"] + [f"w{i}" for i in range(3, families.VOCABULARY)]
    vocabulary = {word: index for index, word in enumerate(words)}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer) + "\n")


def to_published_form(path, quantization=None):
    """Rewrites config.json into the form of the checkpoints that are on the hub today:
    rope_theta, rope_scaling and torch_dtype instead of rope_parameters and dtype."""
    config = json.loads(path.read_text())
    parameters = config.pop("rope_parameters")
    config["rope_theta"] = parameters.pop("rope_theta")
    scaled = parameters["rope_type"] != "default"
    config["rope_scaling"] = parameters if scaled else None
    if parameters["rope_type"] == "linear":
        config["rope_scaling"] = {"type": "linear", "factor": parameters["factor"]}
    config["torch_dtype"] = config.pop("dtype")
    if config["model_type"] == "gpt_oss":
        config["experts_per_token"] = config["num_experts_per_tok"]
        config["initial_context_length"] = parameters["original_max_position_embeddings"]
        del config["torch_dtype"], config["swiglu_alpha"]
    else:
        config.pop("layer_types", None)
    if config["model_type"] == "llama":  # hidden_size / num_attention_heads, and not said
        del config["head_dim"]
    if config["model_type"] == "qwen2":  # said, and not used
        config["sliding_window"] = 32
    if quantization:
        config["quantization_config"] = quantization
    write_json(path, dict(sorted(config.items())))


def save(model, folder, published, **options):
    """`published`: config.json in the form of the hub's checkpoints, else in Transformers 5's."""
    model.save_pretrained(folder, **options)
    if published:
        to_published_form(folder / "config.json")
    write_tokenizer(folder)


def to_mxfp4(weight):
    """(blocks, scales) of (expert, row, column): two values a byte, low nibble first, 32 values a
    scale (OCP Microscaling Formats 1.0, section 5)."""
    groups = weight.reshape(*weight.shape[:-1], -1, 32)
    largest = groups.abs().amax(-1, keepdim=True)
    exponent = torch.floor(torch.log2(largest)) - 2.0  # E2M1's largest exponent is 2
    distance = (groups * torch.exp2(-exponent)).abs().unsqueeze(-1) - FP4_VALUES
    codes = distance.abs().argmin(-1) + 8 * (groups < 0)
    blocks = codes[..., 0::2] + 16 * codes[..., 1::2]
    return blocks.to(torch.uint8), (exponent.squeeze(-1) + 127).to(torch.uint8)


def save_mxfp4(model, folder):
    """gpt-oss as published: bf16, with the experts' matrices as blocks and scales."""
    save(model.to(torch.bfloat16), folder, published=False)
    quantization = {
        "modules_to_not_convert": [
            "model.layers.*.self_attn",
            "model.layers.*.mlp.router",
            "model.embed_tokens",
            "lm_head",
        ],
        "quant_method": "mxfp4",
    }
    to_published_form(folder / "config.json", quantization)
    path = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    for name in [n for n in tensors if n.endswith(("gate_up_proj", "down_proj"))]:
        rows = tensors.pop(name).float().transpose(1, 2)  # (expert, output, input)
        tensors[f"{name}_blocks"], tensors[f"{name}_scales"] = to_mxfp4(rows)
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})


def to_fp8(weight, side=128):
    """(weight in E4M3, scale of each side x side block) with weight = stored * scale."""
    rows, columns = (size // side for size in weight.shape)
    blocks = weight.reshape(rows, side, columns, side)
    scale = (blocks.abs().amax((1, 3)) / FP8_LARGEST).to(torch.bfloat16)
    stored = (blocks / scale.float()[:, None, :, None]).clamp(-FP8_LARGEST, FP8_LARGEST)
    return stored.reshape(weight.shape).to(torch.float8_e4m3fn), scale


def save_fp8(model, folder):
    """Qwen3 as published in fp8: linear layers in E4M3 with weight_scale_inv, the rest in bf16."""
    save(model.to(torch.bfloat16), folder, published=False)
    quantization = {
        "activation_scheme": "dynamic",
        "fmt": "e4m3",
        "quant_method": "fp8",
        "weight_block_size": [128, 128],
    }
    to_published_form(folder / "config.json", quantization)
    path = folder / "model.safetensors"
    tensors = safetensors.torch.load_file(path)
    for name in [n for n in tensors if n.endswith("_proj.weight")]:
        tensors[name], tensors[f"{name}_scale_inv"] = to_fp8(tensors[name].float())
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})


QUANTIZATION = {
    "mxfp4": lambda: transformers.Mxfp4Config(dequantize=True),
    "fp8": lambda: transformers.FineGrainedFP8Config(dequantize=True),
}


def load(folder):
    """The folder's model for computing in f32 with the weights as stored. Quantised weights are
    dequantised by Transformers into bf16, the type of such a checkpoint's other weights."""
    config = transformers.AutoConfig.from_pretrained(folder)
    quantization = getattr(config, "quantization_config", None)
    options = {"dtype": torch.float32}
    if quantization:
        options = {
            "dtype": torch.bfloat16,
            "quantization_config": QUANTIZATION[quantization["quant_method"]](),
        }
        del config.quantization_config
    loaded = transformers.AutoModelForCausalLM.from_pretrained(folder, **options)
    model = transformers.AutoModelForCausalLM.from_config(
        config, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager"
    )
    model.load_state_dict({name: tensor.float() for name, tensor in loaded.state_dict().items()})
    return model.eval()
