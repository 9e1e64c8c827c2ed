// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Compares the simulator with measured serving runs on one H100 SXM.
//   validate_serving SILICON.csv          error of the catalog's coefficients, row by row
//   validate_serving SILICON.csv --fit    fits the serving overheads to the Llama-3.1-8B rows
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "simulator/machine/catalog.h"
#include "simulator/metrics/percentile.h"
#include "simulator/replay.h"
#include "tests/bench/serving_rows.h"

namespace pagequest::bench {
namespace {

using namespace simulator;

struct Prediction {
  double ttft_ms;
  double tpot_ms;
  double output_tokens_per_s;
};

Prediction predict(const GpuSpec& gpu, const ServingRow& row) {
  SimulationConfig config = SimulationConfig::defaults();
  config.concurrency = row.concurrency;
  config.requests = row.requests;
  config.max_batch_sequences = row.max_batch_sequences;
  config.kv_pages = row.kv_pages;
  const Session session{.episode = EpisodeId{0},
                        .program = {BeginTurn{0}, Prefill{row.input}, Decode{row.output - 1}},
                        .turns = {}};
  const Workload workload{.sessions = {session}, .label = "fixed lengths", .token_scale = 1};
  const RunMetrics metrics = replay(workload, gpu, row.model, config).metrics;
  return {1e3 * metrics.episode_ttft.mean(), 1e3 * metrics.tpot.mean(),
          static_cast<double>(metrics.output_tokens) / to_seconds(metrics.run_time)};
}

double relative_error(double predicted, double measured) { return predicted / measured - 1.0; }

void print_summary(const std::string& name, const std::vector<double>& errors) {
  if (errors.empty()) return;
  std::vector<double> absolute;
  for (const double e : errors) absolute.push_back(std::abs(e));
  std::printf(
      "  %-28s n %2zu  |error| mean %5.1f %%  median %5.1f %%  max %5.1f %%  bias %+5.1f %%\n",
      name.c_str(), errors.size(), 100 * mean(absolute), 100 * percentile(absolute, 50),
      100 * percentile(absolute, 100), 100 * mean(errors));
}

void print_group(const GpuSpec& gpu, const std::vector<ServingRow>& rows) {
  std::printf("\n%-11s %-16s %6s %5s %5s | %9s %9s %6s | %8s %8s %6s | %8s %8s %6s\n", "engine",
              "model", "input", "out", "conc", "TTFT ms", "sim", "err", "TPOT ms", "sim", "err",
              "tok/s", "sim", "err");
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> rate;
  const auto cell = [](double measured, double predicted, std::vector<double>& errors) {
    if (measured == 0.0) {
      std::printf(" | %8s %8.1f %6s", "-", predicted, "");
      return;
    }
    errors.push_back(relative_error(predicted, measured));
    std::printf(" | %8.1f %8.1f %+5.0f%%", measured, predicted, 100 * errors.back());
  };
  for (const ServingRow& row : rows) {
    const Prediction p = predict(gpu, row);
    std::printf("%-11s %-16s %6d %5d %5d", row.engine.c_str(), row.model.name.c_str(), row.input,
                row.output, row.concurrency);
    cell(row.ttft_ms, p.ttft_ms, ttft);
    cell(row.tpot_ms, p.tpot_ms, tpot);
    cell(row.output_tokens_per_s, p.output_tokens_per_s, rate);
    std::printf("\n");
  }
  print_summary("TTFT", ttft);
  print_summary("TPOT", tpot);
  print_summary("output throughput", rate);
}

double tpot_error(const GpuSpec& gpu, const std::vector<ServingRow>& rows) {
  double sum = 0.0;
  for (const auto& row : rows) {
    sum += std::abs(relative_error(predict(gpu, row).tpot_ms, row.tpot_ms));
  }
  return sum / static_cast<double>(rows.size());
}

GpuSpec with_overheads(GpuSpec gpu, double iteration_us, double sequence_us) {
  gpu.efficiency.iteration_overhead_us.value = iteration_us;
  gpu.efficiency.sequence_overhead_us.value = sequence_us;
  return gpu;
}

std::pair<double, double> fit(const GpuSpec& gpu, const std::vector<ServingRow>& rows) {
  std::pair<double, double> best;
  double least = std::numeric_limits<double>::infinity();
  for (double iteration = 0.0; iteration <= 2000.0; iteration += 100.0) {
    for (double sequence = 0.0; sequence <= 60.0; sequence += 5.0) {
      const double error = tpot_error(with_overheads(gpu, iteration, sequence), rows);
      if (error < least) {
        least = error;
        best = {iteration, sequence};
      }
    }
  }
  return best;
}

void run_fit(const GpuSpec& gpu, const std::vector<ServingRow>& rows) {
  const auto [iteration, sequence] = fit(gpu, rows);
  std::printf("fit: %.0f us an iteration, %.0f us a sequence: mean |TPOT error| %.1f %%\n",
              iteration, sequence,
              100 * tpot_error(with_overheads(gpu, iteration, sequence), rows));
  std::set<std::pair<int, int>> shapes;
  for (const auto& row : rows) shapes.emplace(row.input, row.output);
  double sum = 0.0;
  for (const auto& [input, output] : shapes) {
    std::vector<ServingRow> kept;
    std::vector<ServingRow> held_out;
    for (const auto& row : rows) {
      (row.input == input && row.output == output ? held_out : kept).push_back(row);
    }
    const auto [i, s] = fit(gpu, kept);
    const double error = tpot_error(with_overheads(gpu, i, s), held_out);
    sum += error * static_cast<double>(held_out.size());
    std::printf("  without %d/%d: %.0f us, %.0f us; on it: %.1f %%\n", input, output, i, s,
                100 * error);
  }
  std::printf("leave-one-shape-out mean |TPOT error| %.1f %%\n",
              100 * sum / static_cast<double>(rows.size()));
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: validate_serving SILICON.csv [--fit]\n");
    return 2;
  }
  const GpuSpec gpu = catalog_gpu("h100-sxm-80gb");
  std::vector<ServingRow> fitted;
  std::vector<ServingRow> others;
  for (auto& row : read_silicon_rows(argv[1])) {
    (row.model.name == "llama-3.1-8b" ? fitted : others).push_back(std::move(row));
  }
  if (argc > 2 && std::strcmp(argv[2], "--fit") == 0) {
    run_fit(gpu, fitted);
    return 0;
  }
  std::printf("fitted group (two overheads, TPOT only)\n");
  print_group(gpu, fitted);
  std::printf("\nnever fitted, AIConfigurator\n");
  print_group(gpu, others);
  // By Little's law two to five requests ran at once in these rows: 6,000 tokens of KV.
  std::erase_if(others, [](const ServingRow& row) { return row.engine != "sglang"; });
  for (ServingRow& row : others) row.kv_pages = 6000 / 16;
  std::printf("\nthe SGLang rows with the KV pool that they had (one number for all six)\n");
  print_group(gpu, others);
  std::printf(
      "\npublished by others: the expert products' share was set on the gpt-oss-20b rows, "
      "the others were never fitted\n");
  print_group(gpu, published_rows());
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
