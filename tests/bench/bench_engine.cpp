// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Benchmarks of the CPU engine, each number beside the ceiling of the machine it ran on.
//   bench_engine [MODEL_FOLDER [CONTEXT [THREADS]]]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "engine/model/model.h"
#include "engine/ops/cpu/isa.h"
#include "tests/bench/ceilings.h"
#include "tests/bench/decode.h"
#include "tests/bench/linear.h"

namespace pagequest::bench {
namespace {

void print_linear(const model::ModelConfig& config, const Ceilings& ceilings) {
  std::printf("\nmatrix products, 1 thread, %d -> %d (gate and up)\n", config.hidden_size,
              2 * config.intermediate_size);
  std::printf("  %5s %16s %10s %18s\n", "rows", "packed GFLOP/s", "of peak", "OpenBLAS GFLOP/s");
  for (const auto& t :
       time_linear(config.hidden_size, 2 * config.intermediate_size, {1, 4, 8, 16, 32, 64})) {
    std::printf("  %5ld %16.1f %9.0f%% %18.1f\n", static_cast<long>(t.rows), t.packed_gflops,
                100 * t.packed_gflops / ceilings.gflops_one_thread, t.openblas_gflops);
  }
}

/// Share of a step that the machine would need for its arithmetic or its memory traffic alone.
double share_of_ceiling(const DecodeNeed& need, double seconds, int threads,
                        const Ceilings& ceilings) {
  const bool all = threads > 1;
  const double gflops = all ? ceilings.gflops_all_threads : ceilings.gflops_one_thread;
  const double gbps = all ? ceilings.read_gbps_all_threads : ceilings.read_gbps_one_thread;
  return std::max(need.flops / gflops, need.bytes / gbps) * 1e-9 / seconds;
}

void print_decode(const model::Model& model, std::int32_t context, int threads,
                  const Ceilings& ceilings, double quiet) {
  std::printf("\ndecode, context %d, %d thread(s), capture on\n", context, threads);
  std::printf("  %9s %10s %10s %9s %13s\n", "sequences", "ms/step", "tokens/s", "against 1",
              "of ceiling");
  std::vector<DecodeCase> cases;
  for (const std::int32_t sequences : {1, 2, 8, 32, 64}) {
    cases.push_back({.sequences = sequences, .context = context, .threads = threads});
  }
  const auto seconds = time_decode(model, cases);
  double one = 0.0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const double step = quantile(seconds[i], quiet);
    const double rate = cases[i].sequences / step;
    if (i == 0) one = rate;
    std::printf("  %9d %10.3f %10.0f %8.1fx %12.0f%%\n", cases[i].sequences, 1e3 * step, rate,
                rate / one,
                100 * share_of_ceiling(need_of(model.config(), cases[i]), step, threads, ceilings));
  }
}

void print_capture(const model::Model& model, std::int32_t context, int threads, double quiet) {
  std::printf("\ncapture on against off, context %d, %d thread(s)\n", context, threads);
  std::printf("  %9s %10s %10s %10s\n", "sequences", "off ms", "on ms", "overhead");
  for (const std::int32_t sequences : {1, 8, 32}) {
    DecodeCase off{.sequences = sequences, .context = context, .steps = 200, .threads = threads};
    off.capture = false;
    DecodeCase on = off;
    on.capture = true;
    const auto seconds = time_decode(model, {off, on});
    const double off_s = quantile(seconds[0], quiet);
    const double on_s = quantile(seconds[1], quiet);
    std::printf("  %9d %10.3f %10.3f %9.1f%%\n", sequences, 1e3 * off_s, 1e3 * on_s,
                100 * (on_s / off_s - 1));
  }
}

int run(int argc, char** argv) {
  const char* folder = argc > 1 ? argv[1] : "engine/pocket";
  const std::int32_t context = argc > 2 ? std::atoi(argv[2]) : 512;
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int threads = argc > 3 ? std::atoi(argv[3]) : cores;
  // The tenth part of the steps that other load on the machine disturbed least.
  constexpr double kQuiet = 0.1;
  const model::Model model = model::Model::load(folder);
  const Ceilings ceilings = measure_ceilings(threads);
  std::printf("model %s, kernels %s, %d thread(s)\n", model.name().c_str(),
              std::string(ops::to_string(ops::best_isa())).c_str(), threads);
  std::printf("ceilings: %.0f GFLOP/s and %.1f GB/s on 1 thread, %.0f and %.1f on %d\n",
              ceilings.gflops_one_thread, ceilings.read_gbps_one_thread,
              ceilings.gflops_all_threads, ceilings.read_gbps_all_threads, threads);
  print_linear(model.config(), ceilings);
  print_decode(model, context, threads, ceilings, kQuiet);
  print_capture(model, context, threads, kQuiet);
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
