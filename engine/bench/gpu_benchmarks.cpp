// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_benchmarks.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace pagequest::bench {
namespace {

// Units are of the figure; shares are fractions of 1.
constexpr std::array kBenchmarks = {
    GpuBenchmark{"decode_8b_b1", "tokens/s", kCopyCeiling, Goal::share_at_least, 0.75},
    GpuBenchmark{"decode_0.6b_b1", "tokens/s", kCopyCeiling, Goal::share_at_least, 0.45},
    GpuBenchmark{"decode_8b_b64_8k", "tokens/s", kRoofline, Goal::share_at_least, 0.80},
    GpuBenchmark{"attention_b32_8k", "GB/s", kCopyCeiling, Goal::share_at_least, 0.80},
    GpuBenchmark{"attention_b32_64k", "GB/s", kCopyCeiling, Goal::share_at_least, 0.80},
    GpuBenchmark{"capture_overhead", "of the attention", "", Goal::figure_at_most, 0.03},
    GpuBenchmark{"capture_overhead_decode_8b", "of a step", "", Goal::figure_at_most, 0.03},
    GpuBenchmark{"prefill_8b_8k", "TFLOP/s", kMatmulCeiling, Goal::share_at_least, 0.60},
    GpuBenchmark{"attention_prefill_8k", "TFLOP/s", kMatmulCeiling, Goal::none, 0.0},
    GpuBenchmark{"gemv_bf16", "GB/s", kCopyCeiling, Goal::none, 0.0},
    GpuBenchmark{"gemv_fp8", "GB/s", kCopyCeiling, Goal::none, 0.0},
    GpuBenchmark{"gemv_int8", "GB/s", kCopyCeiling, Goal::none, 0.0},
    GpuBenchmark{"gemv_mxfp4", "GB/s", kCopyCeiling, Goal::none, 0.0},
    GpuBenchmark{"graph_gain", "times", "", Goal::none, 0.0},
};

}  // namespace

std::span<const GpuBenchmark> gpu_benchmarks() { return kBenchmarks; }

const GpuBenchmark& gpu_benchmark(std::string_view name) {
  const auto* at = std::ranges::find(kBenchmarks, name, &GpuBenchmark::name);
  PQ_CHECK(at != kBenchmarks.end(), "benchmarks are in the table");
  return *at;
}

}  // namespace pagequest::bench
