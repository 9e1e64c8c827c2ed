// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pagequest::bench {

/// What decides whether a benchmark meets its target.
enum class Goal : std::uint8_t {
  none,
  share_at_least,
  figure_at_most,
};

/// A row of the table of GPU benchmarks: how its figure is to be read.
struct GpuBenchmark {
  std::string_view name;
  std::string_view unit;     // of the figure
  std::string_view ceiling;  // what the share is of; "": it has none
  Goal goal;
  double target;
};

/// Ceilings that are measured themselves, and the one that follows from both and an operation's
/// bytes and FLOPs.
inline constexpr std::string_view kCopyCeiling = "copy_gbps";
inline constexpr std::string_view kMatmulCeiling = "matmul_tflops";
inline constexpr std::string_view kRoofline = "roofline";

/// All of them, in the order in which they are reported.
[[nodiscard]] std::span<const GpuBenchmark> gpu_benchmarks();

/// The name must be in the table.
[[nodiscard]] const GpuBenchmark& gpu_benchmark(std::string_view name);

}  // namespace pagequest::bench
