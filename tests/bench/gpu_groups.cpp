// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/gpu_groups.h"

#include <cstdio>

#include "base/error.h"
#include "engine/bench/gpu_benchmarks.h"

namespace pagequest::bench::PQ_CUDA_NS {

Plan quick_plan() { return {.repeats = {.warm_ups = 2, .measured = 5}, .steps = 16, .prompts = 1}; }

Plan toy_plan() {
#if defined(PQ_HAVE_GPU_ENGINE)
  constexpr auto kDevice = runtime::Device::cuda;
#else
  constexpr auto kDevice = runtime::Device::cpu;
#endif
  return {.device = kDevice,
          .repeats = {.warm_ups = 0, .measured = 1},
          .copy_bytes = 1 << 16,
          .matmul = 64,
          .least_weight_bytes = 1 << 10,
          .small_geometry = "tiny",
          .large_geometry = "tiny",
          .short_depth = 16,
          .context = 96,
          .long_context = 160,
          .attention_sequences = 2,
          .query_heads = 8,
          .kv_heads = 1,
          .batch = 3,
          .steps = 2,
          .prompts = 1,
          .fits_memory = false};
}

void Report::attempt(std::string_view name, const std::function<void()>& benchmark) {
  std::printf("%s\n", std::string(name).c_str());
  std::fflush(stdout);
  try {
    benchmark();
  } catch (const Error& error) {
    ++failures_;
    std::printf("  failed: %s\n", error.what());
  }
}

void Report::add(const GpuFigure& figure) {
  const GpuBenchmark& row = gpu_benchmark(figure.name);
  std::printf("  %-28s %12.4g %s", figure.name.c_str(), figure.figure, row.unit.data());
  if (figure.share) std::printf(", %.1f %% of %s", 100 * *figure.share, row.ceiling.data());
  std::printf("\n");
  results_.add(figure);
  results_.save();
}

void Report::set_ceiling(std::string_view name, double figure) {
  std::printf("  %-28s %12.4g\n", name.data(), figure);
  results_.set_ceiling(name, figure);
  results_.save();
}

void Report::set_device(const GpuDevice& device) {
  results_.set_device(device);
  results_.save();
}

std::optional<double> Report::share(std::string_view ceiling, double rate) const {
  const auto most = results_.ceiling(ceiling);
  return most ? std::optional(rate / *most) : std::nullopt;
}

std::optional<double> Report::copy_share(double bytes, double seconds) const {
  return share(kCopyCeiling, 1e-9 * bytes / seconds);
}

}  // namespace pagequest::bench::PQ_CUDA_NS
