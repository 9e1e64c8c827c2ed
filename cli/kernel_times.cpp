// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/kernel_times.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "engine/bench/ceilings.h"
#include "engine/model/model.h"
#include "engine/ops/cpu/isa.h"

namespace pagequest::cli {
namespace {

constexpr const char* kOff = "off";

tracer::KernelClock clock_of(const KernelTimesConfig& config, runtime::Device device) {
  const tracer::KernelClock clock = tracer::kernel_clock_named(config.clock);
  tracer::require_clock(clock, device == runtime::Device::cuda);
  return clock;
}

/// From where the weights are read: the caches, or memory.
double read_gbps(const model::Model& model, int threads) {
  constexpr std::int64_t kLeast = 1'000'000;
  constexpr std::int64_t kMost = 256'000'000;  // far beyond any cache
  const std::int64_t bytes = std::clamp(model.weights().bytes(), kLeast, kMost);
  return bench::peak_read_gbps(threads, static_cast<double>(bytes));
}

double peak_tflops(const model::Model& model, int threads) {
  const bool bf16 = model.weights().types().front() == ops::WeightType::bf16;
  return 1e-3 * (bf16 ? bench::peak_bf16_gflops(threads) : bench::peak_gflops(threads));
}

}  // namespace

void require_kernel_times(const KernelTimesConfig& config, const runtime::EngineConfig& engine) {
  const runtime::Device device = engine.device;
  if (config.clock != kOff) (void)clock_of(config, device);
  if (config.clock != kOff && engine.page_bounds) {
    throw usage_error({.what = "times of kernels whose work is not known beforehand",
                       .where = "option --kernel-times",
                       .found = "a policy that selects what each decode step reads",
                       .expected = "a policy that reads all that it keeps",
                       .hint = "leave --kernel-times out, or record with --policy full"});
  }
  if (!config.ceilings) return;
  if (config.clock == kOff) {
    throw usage_error({.what = "ceilings without times to hold against them",
                       .where = "option --ceilings",
                       .found = "no --kernel-times beside it",
                       .expected = "both",
                       .hint = {}});
  }
  if (device == runtime::Device::cuda) {
    throw usage_error({.what = "the ceilings of a GPU are not measured here",
                       .where = "option --ceilings",
                       .found = "--device cuda",
                       .expected = "--device cpu",
                       .hint = "scripts/gpu-check measures them; give them to `analyze` as "
                               "--param copy_gbps=N --param matmul_tflops=N"});
  }
}

std::optional<tracer::ChosenTimer> make_timer(const KernelTimesConfig& config,
                                              const runtime::EngineConfig& engine) {
  if (config.clock == kOff) return std::nullopt;
  const ops::Isa isa = engine.isa.value_or(ops::best_isa());
  return tracer::make_kernel_timer(clock_of(config, engine.device),
                                   engine.device == runtime::Device::cuda, ops::to_string(isa));
}

traces::KernelTiming timing_of(const KernelTimesConfig& config, const tracer::KernelTimer& timer,
                               const runtime::EngineConfig& engine, const model::Model& model) {
  traces::KernelTiming timing{.clock = std::string(timer.clock())};
  if (!config.ceilings) return timing;
  timing.copy_gbps = read_gbps(model, engine.threads);
  timing.matmul_tflops = peak_tflops(model, engine.threads);
  return timing;
}

}  // namespace pagequest::cli
