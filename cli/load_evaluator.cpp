// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/load_evaluator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "base/params.h"

namespace pagequest::cli {
namespace {

constexpr std::array kKinds = {LoadKind::concurrency, LoadKind::rate};

std::string text_of(double number) { return to_text(ParamValue(number)); }

std::string suffix_of(double percentile) {
  constexpr std::string_view kLatency = "ttft_p";
  std::vector<std::string> valid;
  for (const auto& name : PointEvaluator::metric_names()) {
    if (name.starts_with(kLatency)) valid.push_back(name.substr(kLatency.size()));
  }
  const auto is_it = [&](const std::string& text) { return std::stod(text) == percentile; };
  const auto at = std::find_if(valid.begin(), valid.end(), is_it);
  if (at == valid.end()) throw_unknown_name("percentile", text_of(percentile), valid);
  return "_p" + *at;
}

}  // namespace

std::string_view to_string(LoadKind kind) {
  return kind == LoadKind::concurrency ? "concurrency" : "rate";
}

LoadKind load_kind_named(const std::string& word, bool has_arrivals) {
  if (word == "auto") return has_arrivals ? LoadKind::rate : LoadKind::concurrency;
  return value_named("load", word, kKinds);
}

LoadEvaluator::LoadEvaluator(PointEvaluator& evaluator, PointEvaluator::Settings settings,
                             LoadKind kind, double percentile)
    : evaluator_(evaluator),
      settings_(std::move(settings)),
      kind_(kind),
      recorded_rate_(evaluator.recorded_rate(settings_)),
      suffix_(suffix_of(percentile)) {}

simulator::LoadResult LoadEvaluator::serve(double load, std::int64_t replicas) const {
  auto settings = settings_;
  if (replicas > 0) settings["replicas"] = std::to_string(replicas);
  if (kind_ == LoadKind::concurrency) {
    settings["arrivals"] = "closed";
    settings["concurrency"] = std::to_string(static_cast<std::int64_t>(load));
  } else if (recorded_rate_ > 0.0) {
    settings["time_scale"] = text_of(recorded_rate_ / load);
  } else {
    settings["arrival_rate"] = text_of(load);
  }
  const auto metrics = evaluator_.evaluate(evaluator_.resolve(settings));
  return {.latencies = {.ttft = metrics.at("ttft" + suffix_),
                        .tpot = metrics.at("tpot" + suffix_),
                        .e2e = metrics.at("e2e" + suffix_)},
          .output_tokens_per_s = metrics.at("main_output_throughput"),
          .requests_per_s = metrics.at("request_throughput"),
          .queue = {.arrived = metrics.at("queue_arrived"),
                    .waiting_early = metrics.at("queue_waiting_early"),
                    .waiting_late = metrics.at("queue_waiting_late"),
                    .served_late = metrics.at("queue_served_late")}};
}

}  // namespace pagequest::cli
