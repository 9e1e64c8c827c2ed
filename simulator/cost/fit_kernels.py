#!/usr/bin/env python3
# SPDX-FileCopyrightText: The PageQuest authors
# SPDX-License-Identifier: Apache-2.0
"""Fits the kernel coefficients of the cost model to public H100 kernel timings.

Input: the folder with AIConfigurator's h100_sxm tables for vLLM 0.24.0, converted to gzipped CSV
(gemm, context_attention, generation_attention). The forms are those of
simulator/machine/kernel_efficiency.h; each is fitted by least mean |relative error| with a pattern
search, and printed as the catalog's JSON with its error. Standard library only.
Usage: fit_kernels.py FOLDER
"""
import csv
import gzip
import json
import math
import pathlib
import statistics
import sys

BANDWIDTH = 3.35e6  # byte/us, H100 SXM data sheet
PEAK = 989e6  # dense bf16 FLOP/us, the same
PEAK_FP8 = 1979e6
MULTIPROCESSORS = 132
L2 = 50e6  # byte; a timing loop finds smaller inputs in it, a layer of a model does not


def read(folder, part):
    (path,) = pathlib.Path(folder).glob(f"*{part}*.csv.gz")
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


def microseconds(row):
    return float(row["latency"]) * 1e3


def attention_rows(rows, window, cache):
    """Shapes of the catalog's models on 1 to 8 GPUs: up to 8 KV heads, 4 to 16 queries each."""
    for r in rows:
        heads, kv, dim = (int(r[k]) for k in ("num_heads", "num_key_value_heads", "head_dim"))
        if (dim in (64, 128) and kv in (1, 2, 4, 8) and heads // kv in (4, 5, 8, 16)
                and int(r["window_size"]) == window and r["kv_cache_dtype"] == cache
                and r["attn_dtype"] == "bfloat16" and r["kernel_source"] == "vllm_flash_attn_fa3"):
            yield r, heads, kv, dim


def products(rows, dtype, weight_bytes, peak):
    """Weight matrices of 2 M entries (a shard of a small model) to 200 M."""
    for r in rows:
        m, n, k = int(r["m"]), int(r["n"]), int(r["k"])
        if r["gemm_dtype"] == dtype and 2e6 <= n * k <= 2e8:
            yield (weight_bytes * n * k / BANDWIDTH, m, n, k, peak), microseconds(r)


def product(x, point, tile):
    floor, weight_read, flops, input_bytes, output_bytes, waves = x
    ideal, m, n, k, peak = point
    up = lambda v: -(-v // tile) * tile  # noqa: E731
    outputs = up(m) * up(n) + waves * MULTIPROCESSORS * tile * tile * (tile > 1)
    compute = 2 * k * outputs / (flops * peak)
    traffic = m * (input_bytes * k + output_bytes * n) / BANDWIDTH
    return floor + math.hypot(ideal / weight_read, compute) + traffic


def decodes(rows, window, cache, value_bytes):
    for r, _, kv, dim in attention_rows(rows, window, cache):
        context = int(r["step"]) + int(r["isl"])
        context = min(context, window) if window else context
        batch = int(r["batch_size"])
        yield (batch * kv, 2 * batch * context * kv * dim * value_bytes), microseconds(r)


def decode(x, point):
    floor, head_ns, free_heads, ramp, ramp_us, full = x
    heads, size = point
    t = size / BANDWIDTH
    return floor + head_ns * 1e-3 * max(0, heads - free_heads) + min(t / ramp, ramp_us + t / full)


def prefills(rows, window):
    for r, heads, kv, dim in attention_rows(rows, window, "bfloat16"):
        n, batch = int(r["isl"]), int(r["batch_size"])
        inside = min(n, window) if window else n
        pairs = batch * (inside * (inside + 1) / 2 + (n - inside) * window)
        yield (heads, kv, dim, pairs, batch * n), microseconds(r)


DIAGONAL = 128  # rows of a tile: half of the tile on the diagonal, and window edges, are masked


def prefill(x, point):
    floor, flops, flops_small, traffic = x
    heads, kv, dim, pairs, tokens = point
    work = 4 * heads * dim * (pairs + DIAGONAL * tokens) / PEAK
    moved = tokens * (2 * heads + 2 * kv) * dim * 2 / BANDWIDTH
    return floor + work / (flops if dim >= 128 else flops_small) + traffic * moved


def error(form, x, points):
    return statistics.fmean(abs(form(x, p) / t - 1) for p, t in points)


def fit(form, start, points, fixed=()):
    """Pattern search on the logarithms of the coefficients that aren't `fixed`."""
    points = points[:: max(1, len(points) // 2500)]
    x, best = list(start), error(form, start, points)
    step = 0.3
    while step > 0.004:
        better = False
        for i in (i for i in range(len(x)) if i not in fixed):
            for factor in (1 + step, 1 / (1 + step)):
                trial = x[:i] + [x[i] * factor] + x[i + 1:]
                e = error(form, trial, points)
                if e < best:
                    x, best, better = trial, e, True
        if not better:
            step /= 2
    return x


def report(name, keys, form, x, fitted, everything):
    values = {k: float(f"{v:.3g}") for k, v in zip(keys, x)}
    print(f'"{name}": {json.dumps(values)}')
    for label, points in (("fitted", fitted), ("all", everything)):
        errors = [abs(form(x, p) / t - 1) for p, t in points]
        print(f"  {label}: n {len(points)}, mean |error| {100 * statistics.fmean(errors):.1f} %,"
              f" median {100 * statistics.median(errors):.1f} %")


def main():
    folder = sys.argv[1]
    gemm = read(folder, "gemm_perf")
    keys = ("floor_us", "weight_read", "flops", "input_bytes", "output_bytes", "tail_waves")
    for name, dtype, size, peak, tile, fixed in (
            ("bf16_product", "bfloat16", 2, PEAK, 1, (5,)),
            ("fp8_product", "fp8", 1, PEAK_FP8, 128, (1,))):
        points = list(products(gemm, dtype, size, peak))
        form = lambda x, p, tile=tile: product(x, p, tile)  # noqa: E731
        start = [5.0, 0.9 if tile == 1 else 1.0, 0.8, 1.0, 1.5, 0.2 if tile > 1 else 0.0]
        report(name, keys, form, fit(form, start, points, fixed), points, points)

    rows = read(folder, "generation_attention")
    keys = ("floor_us", "head_ns", "free_heads", "ramp_bandwidth", "ramp_us", "full_bandwidth")
    for name, window, cache, size, fixed in (
            ("decode_attention", 0, "bfloat16", 2, ()),
            ("decode_attention_fp8", 0, "fp8", 1, ()),
            ("decode_window_attention", 128, "bfloat16", 2, (3, 4, 5))):
        points = list(decodes(rows, window, cache, size))
        cold = [p for p in points if window or p[0][1] <= 8e6 or p[0][1] > 1.3 * L2]
        start = [11.0, 20.0, 100.0, 0.5, 4.5, 0.95]
        if window:
            start[3:] = [0.95, 0.0, 0.95]
        report(name, keys, decode, fit(decode, start, cold, fixed), cold, points)
    alone = [(p, t) for p, t in decodes(rows, 0, "bfloat16", 2) if p[0] == 8 and p[1] > 1.3 * L2]
    share = lambda x, p: 11.4 + p[1] / BANDWIDTH / x[0]  # noqa: E731
    report("sequence_bandwidth (8 KV heads, batch 1 with 8 of them or 8 with 1)", ("share",),
           share, fit(share, [0.8], alone), alone, alone)

    rows = read(folder, "context_attention")
    keys = ("floor_us", "flops", "flops_small", "token_traffic")
    points = list(prefills(rows, 0))
    x = fit(prefill, [13.0, 0.7, 0.5, 2.0], points)
    report("prefill_attention", keys, prefill, x, points, points)
    points = list(prefills(rows, 128))
    report("the same, window 128", keys, prefill, x, points, points)


main()
