// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/bench/gpu_results.h"
#include "engine/bench/gpu_timing.h"
#include "engine/runtime/engine.h"

/// The benchmarks of scripts/gpu-check in groups; each group is a process of its own.
namespace pagequest::bench::PQ_CUDA_NS {

/// What is measured; the defaults are what docs/gpu/README.md says.
struct Plan {
  runtime::Device device = runtime::Device::cuda;  // of the engine's steps
  Repeats repeats;
  std::int64_t copy_bytes = std::int64_t{2} << 30;
  std::int64_t matmul = 8192;                               // rows and columns
  std::int64_t least_weight_bytes = std::int64_t{1} << 30;  // that products of one row go through
  const char* small_geometry = "qwen3-0.6b";
  const char* large_geometry = "llama-3.1-8b";
  std::int32_t short_depth = 1024;  // tokens before decode_8b_b1 and decode_0.6b_b1
  std::int32_t context = 8192;
  std::int32_t long_context = 65536;
  std::int32_t attention_sequences = 32;
  std::int32_t query_heads = 64;  // of the attention alone
  std::int32_t kv_heads = 8;
  std::int32_t batch = 64;
  int steps = 64;
  int prompts = 3;
  bool fits_memory = true;  // fewer sequences where the memory does not hold `batch`
};

/// Fewer repeats.
[[nodiscard]] Plan quick_plan();
/// The smallest shapes that go through everything, for the emulator.
[[nodiscard]] Plan toy_plan();

/// Stores figures in the results file as they come.
class Report {
 public:
  explicit Report(const std::string& file) : results_(GpuResults::read(file)) {}

  /// Runs one benchmark and says what went wrong, if anything did; the next one gets its chance.
  void attempt(std::string_view name, const std::function<void()>& benchmark);
  void add(const GpuFigure& figure);
  void set_ceiling(std::string_view name, double figure);
  void set_device(const GpuDevice& device);

  [[nodiscard]] std::optional<double> ceiling(std::string_view name) const {
    return results_.ceiling(name);
  }
  /// Of a ceiling; `rate` in its unit. None where the ceiling was not measured.
  [[nodiscard]] std::optional<double> share(std::string_view ceiling, double rate) const;
  [[nodiscard]] std::optional<double> copy_share(double bytes, double seconds) const;
  [[nodiscard]] int failures() const { return failures_; }

 private:
  GpuResults results_;
  int failures_ = 0;
};

void bench_ceilings(const Plan& plan, Report& report);
void bench_linear(const Plan& plan, Report& report);
void bench_attention(const Plan& plan, Report& report);
void bench_small_engine(const Plan& plan, Report& report);
void bench_large_engine(const Plan& plan, Report& report);

}  // namespace pagequest::bench::PQ_CUDA_NS
