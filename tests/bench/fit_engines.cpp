// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Predicts measured closed loops with the closed formula of simulator/cost/closed_loop.h, without
// and with a fit to the engine: where the coefficients of cost/engine_overheads.cpp come from.
//   fit_engines ROWS.csv       rows as `pagequest validate --serving` takes them
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "simulator/cost/engine_overheads.h"
#include "simulator/machine/catalog.h"
#include "simulator/metrics/percentile.h"
#include "simulator/validation/engine_fit.h"
#include "simulator/validation/measured_rows.h"
#include "simulator/validation/row_split.h"

namespace pagequest::bench {
namespace {

using namespace simulator;
using Rows = std::vector<MeasuredRow>;

Rows select(const Rows& rows, const std::function<bool(const MeasuredRow&)>& keep) {
  Rows out;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(out), keep);
  return out;
}

std::vector<double> measured_tpots_ms(const Rows& rows) {
  std::vector<double> out;
  for (const auto& row : rows) out.push_back(row.tpot_ms);
  return out;
}

void print_errors(const std::string& name, const GpuSpec& gpu, const CostCoefficients& coefficients,
                  const Rows& rows) {
  if (rows.empty()) return;
  const auto predicted = formula_tpots_ms(gpu, coefficients, rows);
  std::vector<double> absolute;
  double bias = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double error = predicted[i] / rows[i].tpot_ms - 1.0;
    absolute.push_back(std::abs(error));
    bias += error / static_cast<double>(rows.size());
  }
  std::printf("%-52s n %3zu  |error| mean %5.1f  median %5.1f  max %5.1f  bias %+5.1f %%\n",
              name.c_str(), rows.size(), 100 * mean(absolute), 100 * percentile(absolute, 50),
              100 * percentile(absolute, 100), 100 * bias);
}

void print_groups(const GpuSpec& gpu, const CostCoefficients& coefficients, const Rows& rows) {
  std::set<std::string> groups;
  for (const auto& row : rows) groups.insert(row.group());
  for (const auto& group : groups) {
    print_errors("  " + group, gpu, coefficients,
                 select(rows, [&](const MeasuredRow& row) { return row.group() == group; }));
  }
  print_errors("  all", gpu, coefficients, rows);
}

void fit_part(const GpuSpec& gpu, const std::string& name, const Rows& rows) {
  const SplitRows parts = split_rows(rows, "even");
  if (parts.fit.empty()) return;
  const CostCoefficients c = fit_closed_formula(gpu, parts.fit, measured_tpots_ms(parts.fit));
  std::printf(
      "%s\n  iteration %.0f us, sequence %.1f us, layer %.1f us, decode attention x %.2f, "
      "prefill x %.2f\n",
      name.c_str(), c.iteration_overhead_us, c.sequence_overhead_us, c.layer_overhead_us,
      c.decode_attention_scale, c.prefill_scale);
  print_errors("  fitted shapes", gpu, c, parts.fit);
  print_errors("  held-out shapes", gpu, c, parts.test);
}

int run(const char* file) {
  const GpuSpec gpu = catalog_gpu("h100-sxm-80gb");
  // One row of vLLM with fp8 weights took half of the time that reading them takes the others.
  const Rows rows = select(free_rows(gpu, read_measured_rows(file).rows), [](const MeasuredRow& r) {
    return !(r.engine == "vllm" && r.model.name == "qwen3-32b-fp8");
  });
  std::printf("no fit, the machine's coefficients (rows that wait for others left out)\n");
  print_groups(gpu, machine_coefficients(gpu), rows);
  for (const auto& engine : engine_overheads()) {
    const Rows own = select(rows, [&](const MeasuredRow& r) { return r.engine == engine.name; });
    std::printf("\n%s, its registered coefficients\n", std::string(engine.name).c_str());
    print_groups(gpu, engine.coefficients, own);
    fit_part(gpu, "fitted to every second shape of the dense models",
             select(own, [](const MeasuredRow& r) { return r.model.experts == 1; }));
  }
  return 0;
}

}  // namespace
}  // namespace pagequest::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fit_engines ROWS.csv\n");
    return 2;
  }
  try {
    return pagequest::bench::run(argv[1]);
  } catch (const pagequest::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
