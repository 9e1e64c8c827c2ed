// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Predicts measured closed loops with the closed formula of simulator/cost/closed_loop.h, without
// any fit and with coefficients fitted per engine, and per engine and model.
// Usage: fit_engines ROWS.csv [--rows]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "simulator/cost/cost_coefficients.h"
#include "simulator/cost/engine_overheads.h"
#include "simulator/cost/roofline_cost.h"
#include "simulator/machine/catalog.h"
#include "simulator/metrics/percentile.h"
#include "tests/bench/calibration_rows.h"

namespace pagequest::bench {
namespace {

using namespace simulator;
using Rows = std::vector<CalibrationRow>;

std::vector<double> errors(const GpuSpec& gpu, const CostCoefficients& coefficients,
                           const Rows& rows) {
  std::map<std::string, RooflineCost> costs;
  std::vector<double> out;
  for (const auto& row : rows) {
    const auto cost =
        costs.try_emplace(row.group(), gpu, row.model, row.parallelism, coefficients).first;
    out.push_back(1e3 * closed_loop_tpot(cost->second, row.load) / row.tpot_ms - 1.0);
  }
  return out;
}

double mean_absolute(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double v : values) sum += std::abs(v);
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}

void print(const std::string& name, const std::vector<double>& values) {
  if (values.empty()) return;
  std::vector<double> absolute;
  for (const double v : values) absolute.push_back(std::abs(v));
  std::printf("%-42s n %3zu  |error| mean %5.1f  median %5.1f  max %5.1f  bias %+5.1f %%\n",
              name.c_str(), values.size(), 100 * mean(absolute), 100 * percentile(absolute, 50),
              100 * percentile(absolute, 100), 100 * mean(values));
}

Rows select(const Rows& rows, const std::function<bool(const CalibrationRow&)>& keep) {
  Rows out;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(out), keep);
  return out;
}

void print_groups(const GpuSpec& gpu, const CostCoefficients& coefficients, const Rows& rows) {
  std::set<std::string> groups;
  for (const auto& row : rows) groups.insert(row.group());
  for (const auto& group : groups) {
    const auto part = select(rows, [&](const CalibrationRow& row) { return row.group() == group; });
    print("  " + group, errors(gpu, coefficients, part));
  }
  print("  all", errors(gpu, coefficients, rows));
}

using Member = double CostCoefficients::*;
constexpr Member kFitted[] = {
    &CostCoefficients::iteration_overhead_us, &CostCoefficients::sequence_overhead_us,
    &CostCoefficients::layer_overhead_us, &CostCoefficients::decode_attention_scale,
    &CostCoefficients::prefill_scale};

/// Mean |relative error|, and a little for what departs from the machine's coefficients: of fits
/// that are as good, the one nearest to the kernels' measurements.
double loss(const GpuSpec& gpu, const CostCoefficients& coefficients, const Rows& rows) {
  constexpr double kWeight = 0.002;
  const CostCoefficients machine = machine_coefficients(gpu);
  double sum = mean_absolute(errors(gpu, coefficients, rows));
  for (const Member member : kFitted) {
    sum += kWeight * std::abs(std::log(coefficients.*member / machine.*member));
  }
  return sum;
}

/// Pattern search for the least loss, each coefficient within physical bounds: scales of 0.5 to 2,
/// overheads of a tenth to ten times the machine's.
CostCoefficients fit(const GpuSpec& gpu, const Rows& rows) {
  const CostCoefficients start = machine_coefficients(gpu);
  CostCoefficients best = start;
  double least = loss(gpu, best, rows);
  for (double step = 0.4; step > 0.01; step /= 2) {
    for (bool better = true; better;) {
      better = false;
      for (const Member member : kFitted) {
        const bool scale = start.*member == 1.0;
        for (const double factor : {1 + step, 1 / (1 + step)}) {
          CostCoefficients trial = best;
          trial.*member = std::clamp(trial.*member * factor, start.*member * (scale ? 0.5 : 0.1),
                                     start.*member * (scale ? 2.0 : 10.0));
          const double error = loss(gpu, trial, rows);
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

void print(const CostCoefficients& c) {
  std::printf(
      "  iteration %.0f us, sequence %.1f us, layer %.1f us, decode attention x %.2f, "
      "prefill x %.2f\n",
      c.iteration_overhead_us, c.sequence_overhead_us, c.layer_overhead_us,
      c.decode_attention_scale, c.prefill_scale);
}

/// Every second shape of a group is left out of the fit.
std::set<std::string> held_out_shapes(const Rows& rows) {
  std::set<std::string> shapes;
  for (const auto& row : rows) shapes.insert(row.shape());
  std::set<std::string> out;
  std::size_t i = 0;
  for (const auto& shape : shapes) {
    if (i++ % 2 == 1) out.insert(shape);
  }
  return out;
}

void fit_part(const GpuSpec& gpu, const std::string& name, const Rows& rows) {
  const auto held_out = held_out_shapes(rows);
  const auto is_held_out = [&](const CalibrationRow& r) { return held_out.count(r.shape()) > 0; };
  const Rows test = select(rows, is_held_out);
  const Rows kept = select(rows, [&](const CalibrationRow& r) { return !is_held_out(r); });
  const CostCoefficients coefficients = fit(gpu, kept);
  std::printf("%s\n", name.c_str());
  print(coefficients);
  print("  fitted shapes", errors(gpu, coefficients, kept));
  print("  held-out shapes", errors(gpu, coefficients, test));
}

void print_rows(const GpuSpec& gpu, const Rows& rows) {
  const auto all = errors(gpu, machine_coefficients(gpu), rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::printf("%-52s c %3lld  %7.2f ms  %+6.1f %%%s\n", rows[i].shape().c_str(),
                static_cast<long long>(rows[i].load.concurrency), rows[i].tpot_ms, 100 * all[i],
                rows[i].kv_limited ? "  KV-limited" : "");
  }
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: fit_engines ROWS.csv [--rows]\n");
    return 2;
  }
  const GpuSpec gpu = catalog_gpu("h100-sxm-80gb");
  Rows all = read_calibration_rows(argv[1]);
  if (argc > 2 && std::strcmp(argv[2], "--rows") == 0) print_rows(gpu, all);
  // One row of vLLM with fp8 weights took half of the time that reading them takes the others.
  std::erase_if(all, [](const CalibrationRow& r) {
    return r.engine == "vllm" && r.model.name == "qwen3-32b-fp8";
  });
  const Rows rows = select(all, [](const CalibrationRow& r) { return !r.kv_limited; });
  std::printf("no fit, the machine's coefficients (KV-limited rows left out)\n");
  print_groups(gpu, machine_coefficients(gpu), rows);
  std::printf("\nthe same with the engines' registered coefficients\n");
  for (const auto& engine : engine_overheads()) {
    print_groups(gpu, engine.coefficients,
                 select(rows, [&](const CalibrationRow& r) { return r.engine == engine.name; }));
  }
  std::printf("\nfitted to every second shape, per engine (dense models)\n");
  for (const auto& engine : engine_overheads()) {
    fit_part(gpu, std::string(engine.name), select(rows, [&](const CalibrationRow& r) {
               return r.engine == engine.name && r.model.experts == 1;
             }));
  }
  std::printf("\nper engine and model\n");
  std::map<std::string, Rows> parts;
  for (const auto& row : rows) parts[row.engine + " " + row.model.name].push_back(row);
  for (const auto& [name, part] : parts) fit_part(gpu, name, part);
  return 0;
}

}  // namespace
}  // namespace pagequest::bench

int main(int argc, char** argv) {
  try {
    return pagequest::bench::run(argc, argv);
  } catch (const pagequest::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
