#!/usr/bin/env python3
# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Fits the kernel coefficients of the cost model to public H100 kernel timings.

Input: the folder with AIConfigurator's h100_sxm tables for vLLM 0.24.0, converted to gzipped CSV
(gemm, context_attention, generation_attention). Each group is fitted to

    latency = floor + work / (efficiency x peak)

with one floor and one efficiency, by least mean |relative error| on a grid. Standard library only.
Usage: fit_kernels.py FOLDER
"""
import csv
import gzip
import pathlib
import sys

BANDWIDTH = 3.35e12  # byte/s, H100 SXM data sheet
PEAK = 989e12  # dense bf16 FLOP/s, the same
PEAK_FP8 = 1979e12
HEADS = {(32, 8, 128), (64, 8, 128), (64, 8, 64)}  # query heads, KV heads, head_dim: the catalog's


def read(folder, part):
    (path,) = pathlib.Path(folder).glob(f"*{part}*.csv.gz")
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


def shape(row):
    return int(row["num_heads"]), int(row["num_key_value_heads"]), int(row["head_dim"])


def selected(rows, window):
    return [r for r in rows if shape(r) in HEADS and int(r["window_size"]) == window
            and r["attn_dtype"] == r["kv_cache_dtype"] == "bfloat16"]


def decode_points(rows, window):
    """Seconds of an ideal read of the keys and values, and the measured seconds."""
    for r in selected(rows, window):
        _, kv_heads, head_dim = shape(r)
        context = int(r["step"]) + int(r["isl"])
        context = min(context, window) if window else context
        read_bytes = int(r["batch_size"]) * context * kv_heads * head_dim * 2 * 2
        yield (read_bytes / BANDWIDTH,), float(r["latency"]) * 1e-3


def prefill_points(rows, window):
    """Seconds of the causal score and value products at peak, and the measured seconds."""
    for r in selected(rows, window):
        heads, _, head_dim = shape(r)
        n = int(r["isl"])
        inside = min(n, window) if window else n
        pairs = inside * (inside + 1) / 2 + (n - inside) * (window or 0)
        flops = 4 * heads * head_dim * pairs * int(r["batch_size"])
        yield (flops / PEAK,), float(r["latency"]) * 1e-3


def gemm_points(rows, dtype, weight_bytes, peak):
    """Seconds of the weight read and of the products at peak (the larger counts), and measured.

    Weight matrices of 8 M to 200 M entries: those of the catalog's models."""
    for r in rows:
        m, n, k = int(r["m"]), int(r["n"]), int(r["k"])
        if r["gemm_dtype"] == dtype and 8e6 <= n * k <= 2e8:
            ideal = (weight_bytes * n * k / BANDWIDTH, 2 * m * n * k / peak)
            yield ideal, float(r["latency"]) * 1e-3


def error(points, floor, efficiencies):
    total = 0.0
    for ideal, measured in points:
        work = max(t / e for t, e in zip(ideal, efficiencies))
        total += abs(floor + work - measured) / measured
    return total / len(points)


def fit(name, points):
    points = list(points)
    points = points[:: max(1, len(points) // 3000)]
    arity = len(points[0][0])
    floor, efficiencies = 10e-6, [0.7] * arity
    for span in (0.5, 0.25, 0.12, 0.06, 0.03, 0.015):
        for _ in range(3):
            steps = [1 + span * s / 4 for s in range(-4, 5)]
            floor = min((floor * s for s in steps), key=lambda f: error(points, f, efficiencies))
            for i in range(arity):
                def with_(value, i=i):
                    return efficiencies[:i] + [value] + efficiencies[i + 1:]
                best = min((efficiencies[i] * s for s in steps),
                           key=lambda e: error(points, floor, with_(e)))
                efficiencies = with_(best)
    mean = error(points, floor, efficiencies)
    text = ", ".join(f"{e:.3f}" for e in efficiencies)
    print(f"{name:28s} n {len(points):5d}  floor {floor * 1e6:6.2f} us  efficiency {text}"
          f"  mean |error| {100 * mean:.1f} %")


def main():
    folder = sys.argv[1]
    decode = read(folder, "generation_attention")
    prefill = read(folder, "context_attention")
    gemm = read(folder, "gemm_perf")
    fit("bf16 product (bytes, flops)", gemm_points(gemm, "bfloat16", 2, PEAK))
    fit("fp8 product (bytes, flops)", gemm_points(gemm, "fp8", 1, PEAK_FP8))
    fit("decode attention, full", decode_points(decode, 0))
    fit("decode attention, window", decode_points(decode, 128))
    fit("prefill attention, full", prefill_points(prefill, 0))
    fit("prefill attention, window", prefill_points(prefill, 128))


main()
