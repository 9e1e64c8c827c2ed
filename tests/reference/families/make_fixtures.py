# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a small random checkpoint of every model family and what Transformers computes with it.

    python make_fixtures.py [family ...]

The committed fixtures were made with Transformers 5.24.0, PyTorch 2.13.0 (CPU) and safetensors
0.8.0; the fp8 checkpoint needs accelerate, too. The tests need only what this script writes beside
itself:

    <family>/<storage>/                      the checkpoint folder
    <family>/<storage>.expected.safetensors  logits, page masses, greedy tokens
    mxfp4.safetensors                        MXFP4 blocks and their exact values
"""

import argparse
import pathlib
import shutil

import safetensors.torch
import torch
import transformers
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

import checkpoints
import expected
import families

HERE = pathlib.Path(__file__).parent
SHARDED = {("llama", "f32"): "300KB", ("qwen3_moe", "bf16"): "200KB"}


def save(family, storage, folder):
    model = families.random_model(family)
    if storage == "mxfp4":
        checkpoints.save_mxfp4(model, folder)
    elif storage == "fp8":
        checkpoints.save_fp8(model, folder)
    else:
        # Both forms of config.json are read: Transformers 5's and the hub's.
        published = storage == "bf16"
        size = SHARDED.get((family, storage), "50GB")
        model = model.to(torch.bfloat16 if storage == "bf16" else torch.float32)
        checkpoints.save(model, folder, published, max_shard_size=size)


def describe(values):
    logits = values["single.logits"]
    heaviest = values["mass.mean"].amax(-1).mean()
    print(f"  logits {logits.min():.1f} to {logits.max():.1f}, deviation {logits.std():.2f}")
    print(f"  heaviest page of a row: {heaviest:.2f} on average")
    if "mass.sink_share" in values:
        sinks = values["mass.sink_share"]
        print(f"  sink shares {sinks.min():.3f} to {sinks.max():.3f}")


def write(family, storage):
    folder = HERE / family.removesuffix("-fp8") / storage
    print(folder.relative_to(HERE))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    save(family, storage, folder)
    model = checkpoints.load(folder)
    values = expected.single(model) | expected.batch(model)
    describe(values)
    if storage == "f32":
        values |= expected.greedy(model)
    values = {name: tensor.contiguous() for name, tensor in values.items()}
    safetensors.torch.save_file(values, folder.parent / f"{storage}.expected.safetensors")


def write_mxfp4():
    """Random blocks under every scale whose products f32 can hold; scale 255 is E8M0's NaN."""
    generator = torch.Generator().manual_seed(5)
    scales = torch.arange(252, dtype=torch.uint8).reshape(2, 42, 3)
    blocks = torch.randint(256, (2, 42, 3, 16), generator=generator, dtype=torch.uint8)
    exact = convert_moe_packed_tensors(blocks, scales, dtype=torch.float32).transpose(1, 2)
    values = {"blocks": blocks, "scales": scales, "values": exact.contiguous()}
    safetensors.torch.save_file(values, HERE / "mxfp4.safetensors")


STORAGES = {"gpt_oss": ["f32", "bf16", "mxfp4"], "qwen3-fp8": ["fp8"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", default=list(families.CONFIGS))
    torch.set_grad_enabled(False)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for family in parser.parse_args().families:
        for storage in STORAGES.get(family, ["f32", "bf16"]):
            write(family, storage)
    write_mxfp4()


if __name__ == "__main__":
    main()
