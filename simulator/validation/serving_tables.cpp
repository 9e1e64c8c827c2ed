// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/serving_tables.h"

#include <cmath>
#include <set>

#include "simulator/metrics/percentile.h"

namespace pagequest::simulator {
namespace {

constexpr const char* kLimits[] = {"none", "kv", "batch"};

struct Errors {  // of one row, signed
  double tpot;
  double tokens_per_s;
  double ttft;
};

Errors errors_of(const PredictedRow& p) {
  const MeasuredRow& row = p.row;
  return {p.prediction.tpot_ms / row.tpot_ms - 1.0,
          row.tokens_per_s(p.prediction.ttft_ms, p.prediction.tpot_ms) /
                  row.tokens_per_s(row.ttft_ms, row.tpot_ms) -
              1.0,
          p.prediction.ttft_ms / row.ttft_ms - 1.0};
}

ErrorSummary summary_of(const std::vector<double>& absolute) {
  return {mean(absolute), percentile(absolute, 50), percentile(absolute, 100)};
}

ResultTable predictions_table(const std::vector<PredictedRow>& rows) {
  ResultTable table("serving_predictions",
                    "Measured and simulated closed loops. Throughput of both: concurrency x output "
                    "/ (TTFT + (output - 1) x TPOT). Errors: predicted over measured, minus 1.",
                    {{"line", ""},
                     {"id", ""},
                     {"machine", ""},
                     {"engine", ""},
                     {"model", ""},
                     {"tp", "GPUs"},
                     {"pp", "stages"},
                     {"input", "tokens"},
                     {"output", "tokens"},
                     {"served_input", "tokens"},
                     {"served_output", "tokens"},
                     {"concurrency", "requests"},
                     {"coefficients", ""},
                     {"pool", "tokens"},
                     {"limit", ""},
                     {"measured_tpot", "ms"},
                     {"tpot", "ms"},
                     {"tpot_error", "share"},
                     {"measured_throughput", "tokens/s"},
                     {"throughput", "tokens/s"},
                     {"throughput_error", "share"},
                     {"measured_ttft", "ms"},
                     {"ttft", "ms"},
                     {"ttft_error", "share"}});
  for (const PredictedRow& p : rows) {
    const MeasuredRow& row = p.row;
    const ServingPrediction& out = p.prediction;
    const Errors errors = errors_of(p);
    table.add({row.line,
               row.id,
               row.machine,
               row.engine,
               row.model.name,
               std::int64_t{row.parallelism.tensor},
               std::int64_t{row.parallelism.pipeline},
               row.nominal_input,
               row.nominal_output,
               row.load.input,
               row.load.output,
               row.load.concurrency,
               to_string(p.source),
               out.loop.pool_tokens,
               limit_of(p),
               row.tpot_ms,
               out.tpot_ms,
               errors.tpot,
               row.tokens_per_s(row.ttft_ms, row.tpot_ms),
               row.tokens_per_s(out.ttft_ms, out.tpot_ms),
               errors.tokens_per_s,
               row.ttft_ms,
               out.ttft_ms,
               errors.ttft});
  }
  return table;
}

void add_summary(ResultTable& table, const std::vector<PredictedRow>& rows, const std::string& name,
                 const std::string& group) {
  for (const char* limit : kLimits) {
    const ServingErrors e = serving_errors(rows, limit, group);
    if (e.rows == 0) continue;
    table.add({name, std::string(limit), e.rows, e.tpot.mean, e.tpot.median, e.tpot.max,
               e.tokens_per_s.mean, e.tokens_per_s.median, e.tokens_per_s.max, e.ttft.mean,
               e.ttft.median, e.ttft.max});
  }
}

ResultTable summary_table(const std::vector<PredictedRow>& rows) {
  ResultTable table("serving_summary",
                    "|predicted / measured - 1| by machine, engine, model and GPUs. Limit: kv: the "
                    "requests in flight need more tokens than the pool has; batch: they are more "
                    "than a batch takes; none: neither.",
                    {{"group", ""},
                     {"limit", ""},
                     {"rows", ""},
                     {"tpot_mean", "share"},
                     {"tpot_median", "share"},
                     {"tpot_max", "share"},
                     {"throughput_mean", "share"},
                     {"throughput_median", "share"},
                     {"throughput_max", "share"},
                     {"ttft_mean", "share"},
                     {"ttft_median", "share"},
                     {"ttft_max", "share"}});
  std::set<std::string> groups;
  for (const auto& p : rows) groups.insert(p.row.group());
  for (const auto& group : groups) add_summary(table, rows, group, group);
  add_summary(table, rows, "all", "");
  return table;
}

ResultTable skipped_table(const std::vector<SkippedRow>& rows) {
  ResultTable table("serving_skipped", "Rows that were not predicted, and why.",
                    {{"line", ""}, {"id", ""}, {"reason", ""}});
  for (const auto& row : rows) table.add({row.line, row.id, row.reason});
  return table;
}

ResultTable coefficients_table(const FittedCoefficients& fitted) {
  ResultTable table("serving_coefficients",
                    "Fitted to measured rows, per machine, engine and model. Scales: of the "
                    "machine's kernel times. TTFT: overhead + start-up / concurrency + together x "
                    "(TTFT of requests in step) + spread x (of requests that are not).",
                    {{"group", ""},
                     {"iteration", "us"},
                     {"sequence", "us"},
                     {"layer", "us"},
                     {"decode_attention", "scale"},
                     {"prefill", "scale"},
                     {"request_overhead", "ms"},
                     {"start_up", "ms"},
                     {"together", "share"},
                     {"spread", "share"}});
  for (const auto& [name, c] : fitted) {
    table.add({name, c.cost.iteration_overhead_us, c.cost.sequence_overhead_us,
               c.cost.layer_overhead_us, c.cost.decode_attention_scale, c.cost.prefill_scale,
               c.first_token.request_overhead_ms, c.first_token.start_up_ms, c.first_token.together,
               c.first_token.spread});
  }
  return table;
}

}  // namespace

std::string limit_of(const PredictedRow& row) {
  const SimulatedLoop& loop = row.prediction.loop;
  if (loop.kv_limited) return "kv";
  return loop.limited ? "batch" : "none";
}

ServingErrors serving_errors(const std::vector<PredictedRow>& rows, const std::string& limit,
                             const std::string& group) {
  std::vector<double> tpot;
  std::vector<double> rate;
  std::vector<double> ttft;
  for (const auto& p : rows) {
    if (limit_of(p) != limit || (!group.empty() && p.row.group() != group)) continue;
    const Errors errors = errors_of(p);
    tpot.push_back(std::abs(errors.tpot));
    rate.push_back(std::abs(errors.tokens_per_s));
    ttft.push_back(std::abs(errors.ttft));
  }
  return {static_cast<std::int64_t>(tpot.size()), summary_of(tpot), summary_of(rate),
          summary_of(ttft)};
}

std::vector<ResultTable> serving_tables(const ServingValidation& validation,
                                        const FittedCoefficients& fitted) {
  std::vector<ResultTable> out = {summary_table(validation.rows),
                                  predictions_table(validation.rows),
                                  skipped_table(validation.skipped)};
  if (!fitted.empty()) out.push_back(coefficients_table(fitted));
  return out;
}

}  // namespace pagequest::simulator
