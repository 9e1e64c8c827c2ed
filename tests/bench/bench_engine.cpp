// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Benchmarks of the CPU engine, each number beside the ceiling of the machine it ran on.
//   bench_engine [MODEL_FOLDER [THREADS]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "engine/bench/ceilings.h"
#include "engine/model/model.h"
#include "engine/ops/cpu/isa.h"
#include "tests/bench/decode.h"
#include "tests/bench/linear.h"

namespace pagequest::bench {
namespace {

struct Setting {
  const model::Model& model;
  int threads;
  double gflops;  // peak of all threads
};

// The tenth part of the steps that other load on the machine disturbed least.
constexpr double kQuiet = 0.1;

void print_linear(const Setting& setting) {
  const model::ModelConfig& config = setting.model.config();
  const double peak = peak_gflops(1);
  std::printf("\nmatrix products, 1 thread, %d -> %d (gate and up); peak %.0f GFLOP/s\n",
              config.hidden_size, 2 * config.intermediate_size, peak);
  std::printf("  %5s %16s %10s %18s\n", "rows", "packed GFLOP/s", "of peak", "OpenBLAS GFLOP/s");
  for (const auto& t :
       time_linear(config.hidden_size, 2 * config.intermediate_size, {1, 4, 8, 16, 32, 64})) {
    std::printf("  %5ld %16.1f %9.0f%% %18.1f\n", static_cast<long>(t.rows), t.packed_gflops,
                100 * t.packed_gflops / peak, t.openblas_gflops);
  }
}

/// Seconds that the arithmetic or the reading of a step takes at least.
double least_seconds(const Setting& setting, const DecodeCase& c) {
  const DecodeNeed need = need_of(setting.model, c);
  const int threads = std::min(c.threads, c.sequences);  // one sequence runs on one thread
  const double compute = need.flops / setting.gflops * setting.threads / threads;
  return 1e-9 * std::max(compute, need.bytes / peak_read_gbps(threads, need.bytes));
}

void print_batches(const Setting& setting, std::int32_t context) {
  std::printf("\ndecode at context %d, capture on\n", context);
  std::printf("  %9s %9s %10s %11s\n", "sequences", "ms/step", "tokens/s", "of ceiling");
  for (const std::int32_t sequences : {1, 2, 4, 8, 16, 32, 64}) {
    const DecodeCase c{.sequences = sequences, .context = context, .threads = setting.threads};
    const double step = quantile(time_decode(setting.model, {c})[0], kQuiet);
    std::printf("  %9d %9.3f %10.0f %10.0f%%\n", sequences, 1e3 * step, sequences / step,
                100 * least_seconds(setting, c) / step);
  }
}

/// The last column is the ratio at which 32 sequences would run into the machine's ceiling.
void print_scaling(const Setting& setting) {
  std::printf("\n32 sequences against 1, capture on\n");
  std::printf("  %7s %12s %13s %7s %15s\n", "context", "tokens/s (1)", "tokens/s (32)", "ratio",
              "ceiling's ratio");
  for (const std::int32_t context : {32, 64, 128, 256, 512, 1024, 2048}) {
    const DecodeCase one{.sequences = 1, .context = context, .threads = setting.threads};
    DecodeCase many = one;
    many.sequences = 32;
    const double one_s = quantile(time_decode(setting.model, {one})[0], kQuiet);
    const double many_s = quantile(time_decode(setting.model, {many})[0], kQuiet);
    std::printf("  %7d %12.0f %13.0f %6.1fx %14.1fx\n", context, 1 / one_s, 32 / many_s,
                32 * one_s / many_s, 32 * one_s / least_seconds(setting, many));
  }
}

void print_capture(const Setting& setting) {
  std::printf("\ncapture on against off (the two take turns, step by step)\n");
  std::printf("  %9s %7s %9s %9s %9s\n", "sequences", "context", "off ms", "on ms", "overhead");
  for (const std::int32_t context : {128, 512, 1536}) {
    for (const std::int32_t sequences : {1, 32}) {
      DecodeCase off{.sequences = sequences,
                     .context = context,
                     .steps = 200,
                     .threads = setting.threads,
                     .capture = false};
      DecodeCase on = off;
      on.capture = true;
      const auto seconds = time_decode(setting.model, {off, on});
      const double off_s = quantile(seconds[0], kQuiet);
      const double on_s = quantile(seconds[1], kQuiet);
      std::printf("  %9d %7d %9.3f %9.3f %8.1f%%\n", sequences, context, 1e3 * off_s, 1e3 * on_s,
                  100 * (on_s / off_s - 1));
    }
  }
}

void print_prefill(const Setting& setting) {
  std::printf("\nprefill, 8 prompts at once, capture on\n");
  std::printf("  %7s %10s %11s\n", "context", "tokens/s", "of peak");
  for (const std::int32_t context : {128, 512, 2048}) {
    const PrefillTiming t = time_prefill(setting.model, 8, context, setting.threads);
    std::printf("  %7d %10.0f %10.0f%%\n", context, t.tokens / t.seconds,
                100 * t.flops / t.seconds * 1e-9 / setting.gflops);
  }
}

int run(int argc, char** argv) {
  const model::Model model = model::Model::load(argc > 1 ? argv[1] : "engine/pocket");
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int threads = argc > 2 ? std::max(1, std::atoi(argv[2])) : cores;
  const Setting setting{model, threads, peak_gflops(threads)};
  std::printf("model %s@%s, kernels %s, %d thread(s)\n", model.name().c_str(),
              model.weights_hash().c_str(), std::string(ops::to_string(ops::best_isa())).c_str(),
              threads);
  std::printf(
      "ceilings: %.0f GFLOP/s; reading %.1f GB/s from memory, %.1f GB/s of 6 MB in caches\n",
      setting.gflops, peak_read_gbps(threads, 400e6), peak_read_gbps(threads, 6e6));
  print_linear(setting);
  print_batches(setting, 256);
  print_scaling(setting);
  print_capture(setting);
  print_prefill(setting);
  return 0;
}

}  // namespace
}  // namespace pagequest::bench

int main(int argc, char** argv) {
  try {
    return pagequest::bench::run(argc, argv);
  } catch (const pagequest::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
