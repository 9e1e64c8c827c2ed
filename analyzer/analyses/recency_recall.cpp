// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/recency_recall.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "analyzer/candidates.h"
#include "analyzer/decode_steps.h"
#include "analyzer/number_list.h"
#include "analyzer/page_access.h"
#include "base/error.h"

namespace pagequest::analyzer {
namespace {

struct Sums {
  std::int64_t steps = 0;
  double accessed_recently = 0;
  double created_recently = 0;
  double random = 0;

  void add(const Sums& other) {
    steps += other.steps;
    accessed_recently += other.accessed_recently;
    created_recently += other.created_recently;
    random += other.random;
  }
  [[nodiscard]] std::vector<Cell> cells() const {
    const auto n = static_cast<double>(steps);
    return {steps, accessed_recently / n, created_recently / n, random / n};
  }
};

struct Stream {
  RecencyRecall recall;
  std::vector<Sums> bands;
};

struct Settings {
  AccessDefinition access;
  std::int32_t k;
  double share;
  std::vector<double> bands;  // first positions, ascending, starting with 0
};

class RecencyRecallAnalysis final : public Analysis {
 public:
  RecencyRecallAnalysis(const traces::Header& header, Settings settings)
      : policy_(header.policy),
        settings_(std::move(settings)),
        steps_(header),
        sets_(settings_.access),
        candidates_(settings_.access),
        streams_(static_cast<std::size_t>(steps_.streams()) * settings_.access.thresholds.size(),
                 {RecencyRecall(settings_.k, settings_.share),
                  std::vector<Sums>(settings_.bands.size())}) {}

  [[nodiscard]] bool needs_attention() const override { return true; }
  [[nodiscard]] std::vector<ResultTable> results() const override { return {pooled(), by_head()}; }

 private:
  void do_observe(const Event& event) override;
  void take(const DecodeStep& step);
  [[nodiscard]] std::size_t band_of(std::int32_t position) const;
  [[nodiscard]] std::string band_name(std::size_t band) const;
  [[nodiscard]] const Stream& stream(std::int32_t head, std::size_t threshold) const {
    const auto first = static_cast<std::size_t>(head) * settings_.access.thresholds.size();
    return streams_[first + threshold];
  }
  [[nodiscard]] std::string description() const;
  void add_rows(ResultTable& table, const std::vector<Cell>& key,
                const std::vector<Sums>& bands) const;
  [[nodiscard]] ResultTable pooled() const;
  [[nodiscard]] ResultTable by_head() const;

  std::string policy_;
  Settings settings_;
  DecodeSteps steps_;
  AccessSets sets_;
  Candidates candidates_;
  std::vector<Stream> streams_;  // (layer, KV head, threshold)
};

void RecencyRecallAnalysis::do_observe(const Event& event) {
  if (std::holds_alternative<EpisodeBegan>(event)) {
    for (auto& stream : streams_) stream.recall.clear();
  }
  if (const auto step = steps_.observe(event)) take(*step);
}

void RecencyRecallAnalysis::take(const DecodeStep& step) {
  candidates_.take(step);
  const auto band = static_cast<std::int32_t>(band_of(step.position));
  auto stream = streams_.begin();
  for (std::int32_t head = 0; head < steps_.streams(); ++head) {
    sets_.take(step, head);
    const auto candidates = candidates_.pages(step, head);
    for (std::size_t t = 0; t < settings_.access.thresholds.size(); ++t, ++stream) {
      const auto due = stream->recall.step({candidates, sets_.pages(t), step.written_page}, band);
      if (!due) continue;
      stream->bands[static_cast<std::size_t>(due->band)].add(
          {1, due->accessed_recently, due->created_recently, due->random});
    }
  }
}

std::size_t RecencyRecallAnalysis::band_of(std::int32_t position) const {
  const auto next = std::upper_bound(settings_.bands.begin(), settings_.bands.end(),
                                     static_cast<double>(position));
  return static_cast<std::size_t>(next - settings_.bands.begin()) - 1;
}

std::string RecencyRecallAnalysis::band_name(std::size_t band) const {
  const auto whole = [](double value) { return std::to_string(std::llround(value)); };
  const std::string from = whole(settings_.bands[band]);
  if (band + 1 == settings_.bands.size()) return from + "+";
  return from + " to " + whole(settings_.bands[band + 1] - 1);
}

std::string RecencyRecallAnalysis::description() const {
  return "Of the pages accessed in the next " + std::to_string(settings_.k) +
         " decode steps, the share among the B most recently touched ones (recall_accessed: last "
         "accessed, written or, if neither yet, first seen; recall_created: the youngest), where "
         "B is " +
         to_text(settings_.share) +
         " of the pages at hand; random: B drawn at random. Pages younger than the prediction are "
         "left out. Mean over steps with something to recall, by the position of the predicting "
         "token. " +
         settings_.access.sentence();
}

void RecencyRecallAnalysis::add_rows(ResultTable& table, const std::vector<Cell>& key,
                                     const std::vector<Sums>& bands) const {
  const auto add = [&](const std::string& positions, const Sums& sums) {
    if (sums.steps == 0) return;
    std::vector<Cell> row = key;
    row.emplace_back(positions);
    const auto cells = sums.cells();
    row.insert(row.end(), cells.begin(), cells.end());
    table.add(std::move(row));
  };
  Sums all;
  for (const Sums& band : bands) all.add(band);
  add("all", all);
  for (std::size_t band = 0; band < bands.size(); ++band) add(band_name(band), bands[band]);
}

ResultTable RecencyRecallAnalysis::pooled() const {
  ResultTable table("recency_recall", description(),
                    {{"policy", ""},
                     {"threshold", "share of mass"},
                     {"positions", ""},
                     {"steps", "steps x heads"},
                     {"recall_accessed", "share of pages"},
                     {"recall_created", "share of pages"},
                     {"random", "share of pages"}});
  for (std::size_t t = 0; t < settings_.access.thresholds.size(); ++t) {
    std::vector<Sums> bands(settings_.bands.size());
    for (std::int32_t head = 0; head < steps_.streams(); ++head) {
      for (std::size_t b = 0; b < bands.size(); ++b) bands[b].add(stream(head, t).bands[b]);
    }
    add_rows(table, {policy_, settings_.access.thresholds[t]}, bands);
  }
  return table;
}

ResultTable RecencyRecallAnalysis::by_head() const {
  ResultTable table("recency_recall_by_head", description(),
                    {{"policy", ""},
                     {"layer", ""},
                     {"kv_head", ""},
                     {"threshold", "share of mass"},
                     {"positions", ""},
                     {"steps", "steps"},
                     {"recall_accessed", "share of pages"},
                     {"recall_created", "share of pages"},
                     {"random", "share of pages"}});
  for (std::int32_t head = 0; head < steps_.streams(); ++head) {
    for (std::size_t t = 0; t < settings_.access.thresholds.size(); ++t) {
      add_rows(table,
               {policy_, std::int64_t{steps_.layer(head)}, std::int64_t{steps_.kv_head(head)},
                settings_.access.thresholds[t]},
               stream(head, t).bands);
    }
  }
  return table;
}

Error bad_value(const std::string& parameter, const std::string& found, const char* expected) {
  return usage_error({.what = "bad value for parameter `" + parameter + "`",
                      .where = "recency-recall",
                      .found = found,
                      .expected = expected,
                      .hint = {}});
}

Settings settings_from(const Params& params) {
  constexpr double kMostPosition = 1e9;
  Settings settings{.access = access_definition(params),
                    .k = 0,
                    .share = params.real("share"),
                    .bands = parse_ascending("bands", params.text("bands"), 0, kMostPosition)};
  const std::int64_t k = params.integer("k");
  constexpr std::int64_t kMostSteps = 1024;
  if (k < 1 || k > kMostSteps) throw bad_value("k", std::to_string(k), "1 to 1024 steps");
  settings.k = static_cast<std::int32_t>(k);
  if (!(settings.share > 0 && settings.share <= 1)) {
    throw bad_value("share", to_text(settings.share), "a share of the pages in (0, 1]");
  }
  if (settings.bands.front() != 0) {
    throw bad_value("bands", params.text("bands"), "first positions that begin with 0");
  }
  return settings;
}

}  // namespace

std::span<const ParamSpec> recency_recall_params() {
  static const std::vector<ParamSpec> kParams = with_access_params({
      {"k", std::int64_t{5}, "how many decode steps ahead"},
      {"share", 0.2, "share of the pages at hand that is predicted, in (0, 1]"},
      {"bands", std::string("0,512,1024,2048,4096"),
       "first positions of the bands, in tokens, comma-separated, beginning with 0"},
  });
  return kParams;
}

AnalysisPtr make_recency_recall(const Params& params, const traces::Header& header) {
  return std::make_unique<RecencyRecallAnalysis>(header, settings_from(params));
}

}  // namespace pagequest::analyzer
