// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/engine_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>

#include "base/error.h"
#include "simulator/cost/engine_overheads.h"
#include "simulator/cost/non_negative_fit.h"
#include "simulator/cost/roofline_cost.h"

namespace pagequest::simulator {
namespace {

using Rows = std::vector<MeasuredRow>;
using Member = double CostCoefficients::*;
constexpr Member kFitted[] = {
    &CostCoefficients::iteration_overhead_us, &CostCoefficients::sequence_overhead_us,
    &CostCoefficients::layer_overhead_us, &CostCoefficients::decode_attention_scale,
    &CostCoefficients::prefill_scale};

}  // namespace

std::vector<double> formula_tpots_ms(const GpuSpec& gpu, const CostCoefficients& coefficients,
                                     const std::vector<MeasuredRow>& rows) {
  std::map<std::string, RooflineCost> costs;
  std::vector<double> out;
  for (const auto& row : rows) {
    const auto cost =
        costs.try_emplace(row.group(), gpu, row.model, row.parallelism, coefficients).first;
    out.push_back(1e3 * closed_loop_tpot(cost->second, row.load));
  }
  return out;
}

namespace {

double loss(const GpuSpec& gpu, const CostCoefficients& coefficients, const Rows& rows,
            const std::vector<double>& tpot_ms) {
  constexpr double kWeight = 0.002;
  const CostCoefficients machine = machine_coefficients(gpu);
  const auto predicted = formula_tpots_ms(gpu, coefficients, rows);
  double sum = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) sum += std::abs(predicted[i] / tpot_ms[i] - 1.0);
  sum /= static_cast<double>(rows.size());
  for (const Member member : kFitted) {
    sum += kWeight * std::abs(std::log(coefficients.*member / machine.*member));
  }
  return sum;
}

/// One coefficient, moved within its bounds.
CostCoefficients moved(const CostCoefficients& from, Member member, double factor,
                       double machine_value) {
  const bool scale = machine_value == 1.0;
  CostCoefficients out = from;
  out.*member = std::clamp(from.*member * factor, machine_value * (scale ? 0.5 : 0.1),
                           machine_value * (scale ? 2.0 : 10.0));
  return out;
}

}  // namespace

std::vector<MeasuredRow> free_rows(const GpuSpec& gpu, const std::vector<MeasuredRow>& rows) {
  Rows out;
  for (const auto& row : rows) {
    try {
      if (!simulate_loop(gpu, row, engine_coefficients(row).cost).limited) out.push_back(row);
    } catch (const Error&) {  // the model doesn't fit into the machine: nothing to learn from it
    }
  }
  return out;
}

namespace {

std::vector<SimulatedLoop> simulate(const GpuSpec& gpu, const Rows& rows,
                                    const CostCoefficients& cost) {
  std::vector<SimulatedLoop> out;
  for (const auto& row : rows) out.push_back(simulate_loop(gpu, row, cost));
  return out;
}

CostCoefficients fit_cost(const GpuSpec& gpu, const Rows& rows) {
  constexpr int kRepetitions = 3;
  std::vector<double> targets;
  for (const auto& row : rows) targets.push_back(row.tpot_ms);
  CostCoefficients out = fit_closed_formula(gpu, rows, targets);
  for (int k = 0; k < kRepetitions; ++k) {
    const auto formula = formula_tpots_ms(gpu, out, rows);
    const auto loops = simulate(gpu, rows, out);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      targets[i] = rows[i].tpot_ms * formula[i] / loops[i].tpot_ms;
    }
    out = fit_closed_formula(gpu, rows, targets);
  }
  return out;
}

FirstTokenCoefficients fit_first_token(const Rows& rows, const std::vector<SimulatedLoop>& loops) {
  std::vector<LinearRow> equations;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    equations.push_back({.terms = {1.0, 1.0 / static_cast<double>(rows[i].load.concurrency),
                                   loops[i].together_ttft_ms, loops[i].spread_ttft_ms},
                         .value = rows[i].ttft_ms});
  }
  const auto fitted = fit_non_negative(equations);
  return {fitted[0], fitted[1], fitted[2], fitted[3]};
}

}  // namespace

CostCoefficients fit_closed_formula(const GpuSpec& gpu, const Rows& rows,
                                    const std::vector<double>& tpot_ms) {
  const CostCoefficients start = machine_coefficients(gpu);
  CostCoefficients best = start;
  double least = loss(gpu, best, rows, tpot_ms);
  for (double step = 0.4; step > 0.01; step /= 2) {
    for (bool better = true; better;) {
      better = false;
      for (const Member member : kFitted) {
        for (const double factor : {1 + step, 1 / (1 + step)}) {
          const CostCoefficients trial = moved(best, member, factor, start.*member);
          const double error = loss(gpu, trial, rows, tpot_ms);
          if (error >= least - 1e-6) continue;
          least = error;
          best = trial;
          better = true;
        }
      }
    }
  }
  return best;
}

FirstTokenCoefficients unfitted_first_token(const MeasuredRow& row) {
  if (row.load.prefill_first) return {.together = 1.0, .spread = 0.0};
  return {.together = 0.5, .spread = 0.5};
}

ServingCoefficients engine_coefficients(const MeasuredRow& row) {
  return {.cost = engine_overheads_named(row.engine).coefficients,
          .first_token = unfitted_first_token(row)};
}

ServingCoefficients fit_serving(const GpuSpec& gpu, const Rows& rows) {
  const Rows used = free_rows(gpu, rows);
  if (used.empty()) return engine_coefficients(rows.front());
  const CostCoefficients cost = fit_cost(gpu, used);
  return {.cost = cost, .first_token = fit_first_token(used, simulate(gpu, used, cost))};
}

}  // namespace pagequest::simulator
