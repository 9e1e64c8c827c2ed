// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/linear.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include <cblas.h>

#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/packed_matrix.h"

namespace pagequest::bench {
namespace {

using Clock = std::chrono::steady_clock;

template <class Work>
double best_seconds(const Work& work) {
  constexpr int kCalls = 20;
  double best = 1e30;
  for (int repeat = 0; repeat < 50; ++repeat) {
    const auto begin = Clock::now();
    for (int call = 0; call < kCalls; ++call) work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count() / kCalls);
  }
  return best;
}

LinearTiming time_one(std::int64_t rows, std::int64_t inputs, std::int64_t outputs) {
  const std::vector<float> weights(static_cast<std::size_t>(inputs * outputs), 0.5F);
  const std::vector<float> x(static_cast<std::size_t>(rows * inputs), 1.0F);
  ops::PackedMatrix packed(ops::WeightType::f32, outputs, inputs);
  packed.set_outputs(0, weights.data(), outputs);
  std::vector<float> y(static_cast<std::size_t>(rows * packed.padded_outputs()));
  std::vector<float> scratch(static_cast<std::size_t>(ops::linear_scratch_floats(inputs)));
  const ops::Kernels& kernels = ops::kernels_for(ops::best_isa());
  const double ours = best_seconds([&] {
    kernels.linear({.x = x.data(),
                    .rows = rows,
                    .x_stride = inputs,
                    .type = packed.type(),
                    .panels = packed.panels(),
                    .scales = packed.scales(),
                    .panel_stride = packed.panel_bytes(),
                    .scale_stride = packed.panel_scale_bytes(),
                    .inputs = inputs,
                    .panel_count = packed.panel_count(),
                    .y = y.data(),
                    .y_stride = packed.padded_outputs(),
                    .accumulate = false,
                    .precise = false,
                    .scratch = scratch.data()});
  });
  const double theirs = best_seconds([&] {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows),
                static_cast<int>(outputs), static_cast<int>(inputs), 1.0F, x.data(),
                static_cast<int>(inputs), weights.data(), static_cast<int>(inputs), 0.0F, y.data(),
                static_cast<int>(packed.padded_outputs()));
  });
  const double gflop = 2e-9 * static_cast<double>(rows * inputs * outputs);
  return {rows, inputs, outputs, gflop / ours, gflop / theirs};
}

}  // namespace

std::vector<LinearTiming> time_linear(std::int64_t inputs, std::int64_t outputs,
                                      const std::vector<std::int64_t>& row_counts) {
  openblas_set_num_threads(1);
  std::vector<LinearTiming> timings;
  for (const std::int64_t rows : row_counts) timings.push_back(time_one(rows, inputs, outputs));
  return timings;
}

}  // namespace pagequest::bench
