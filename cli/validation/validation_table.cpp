// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/validation/validation_table.h"

#include <array>

#include "simulator/metrics/percentile.h"

namespace pagequest::cli {
namespace {

struct Figure {
  const char* name;
  const char* unit;
  double ServingFigures::*value;
};

constexpr std::array kFigures = {Figure{"run_time", "s", &ServingFigures::run_time_s},
                                 Figure{"throughput", "tokens/s", &ServingFigures::tokens_per_s},
                                 Figure{"peak_kv", "pages", &ServingFigures::peak_pages},
                                 Figure{"ttft_first_median", "ms", &ServingFigures::first_ttft_ms},
                                 Figure{"ttft_turn_median", "ms", &ServingFigures::turn_ttft_ms},
                                 Figure{"tpot_median", "ms", &ServingFigures::tpot_ms},
                                 Figure{"preemptions", "threads", &ServingFigures::preemptions},
                                 Figure{"iterations", "iterations", &ServingFigures::iterations}};

double median(const std::vector<double>& samples) { return simulator::percentile(samples, 50.0); }

double rate(std::int64_t tokens, double seconds) {
  return seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0;
}

}  // namespace

ServingFigures figures_of(const bench::ServingRun& run) {
  return {.run_time_s = run.run_time_s,
          .tokens_per_s = rate(run.sampled_tokens, run.run_time_s),
          .peak_pages = static_cast<double>(run.peak_pages),
          .first_ttft_ms = 1e3 * median(run.samples.episode_ttft_s),
          .turn_ttft_ms = 1e3 * median(run.samples.turn_ttft_s),
          .tpot_ms = 1e3 * median(run.samples.tpot_s),
          .preemptions = static_cast<double>(run.preemptions),
          .iterations = static_cast<double>(run.iterations)};
}

ServingFigures figures_of(const simulator::RunMetrics& run) {
  const double seconds = simulator::to_seconds(run.run_time);
  return {.run_time_s = seconds,
          .tokens_per_s = rate(run.output_tokens + run.aux_output_tokens, seconds),
          .peak_pages = static_cast<double>(run.peak_pages),
          .first_ttft_ms = 1e3 * run.episode_ttft.percentile(50.0),
          .turn_ttft_ms = 1e3 * run.turn_ttft.percentile(50.0),
          .tpot_ms = 1e3 * run.tpot.percentile(50.0),
          .preemptions = static_cast<double>(run.preemptions),
          .iterations = static_cast<double>(run.iterations)};
}

ResultTable validation_table(const std::vector<Comparison>& comparisons) {
  ResultTable table("validation",
                    "The same episodes in the engine and in the simulator. Error: simulated over "
                    "measured, minus 1.",
                    {{"policy", ""},
                     {"figure", ""},
                     {"unit", ""},
                     {"measured", ""},
                     {"simulated", ""},
                     {"error", "share"}});
  for (const Comparison& comparison : comparisons) {
    for (const Figure& figure : kFigures) {
      const double measured = comparison.measured.*figure.value;
      const double simulated = comparison.simulated.*figure.value;
      const Cell error = measured != 0    ? Cell(simulated / measured - 1.0)
                         : simulated == 0 ? Cell(0.0)
                                          : Cell(std::string("-"));
      table.add({comparison.policy, std::string(figure.name), std::string(figure.unit), measured,
                 simulated, error});
    }
  }
  return table;
}

ResultTable iterations_table(const std::string& policy, const bench::ServingRun& run) {
  ResultTable table("iterations_" + policy,
                    "Iterations of the engine, without what was recomputed in them.",
                    {{"iteration", ""},
                     {"decodes", "sequences"},
                     {"decode_reads", "tokens"},
                     {"chunks", ""},
                     {"prefill_tokens", "tokens"},
                     {"prefill_pairs", ""},
                     {"time", "s"},
                     {"agent_time", "s"}});
  for (const bench::IterationShape& shape : run.shapes) {
    table.add({shape.iteration, shape.decodes, shape.decode_reads, shape.chunks,
               shape.prefill_tokens, shape.prefill_pairs, shape.seconds, shape.agent_seconds});
  }
  return table;
}

}  // namespace pagequest::cli
