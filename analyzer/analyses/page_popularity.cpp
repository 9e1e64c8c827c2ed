// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/page_popularity.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "analyzer/candidates.h"
#include "analyzer/decode_steps.h"
#include "analyzer/page_access.h"
#include "base/error.h"

namespace pagequest::analyzer {
namespace {

constexpr int kCurvePoints = 20;

/// The share that was asked for, then the curve's (5 % to 100 %).
std::vector<double> page_shares(double top) {
  std::vector<double> shares = {top};
  for (int i = 1; i <= kCurvePoints; ++i) shares.push_back(static_cast<double>(i) / kCurvePoints);
  return shares;
}

/// Sums over the (episode, layer, KV head) triples that had any access.
struct Shares {
  std::vector<double> access;  // by entry of page_shares()
  std::vector<double> even;
  std::int64_t triples = 0;
  std::int64_t accesses = 0;

  void add(const Shares& other) {
    access.resize(other.access.size());
    even.resize(other.even.size());
    for (std::size_t i = 0; i < access.size(); ++i) {
      access[i] += other.access[i];
      even[i] += other.even[i];
    }
    triples += other.triples;
    accesses += other.accesses;
  }
  [[nodiscard]] double access_mean(std::size_t i) const {
    return access[i] / static_cast<double>(triples);
  }
  [[nodiscard]] double even_mean(std::size_t i) const {
    return even[i] / static_cast<double>(triples);
  }
};

struct Stream {
  PagePopularity episode;
  Shares total;
};

class PagePopularityAnalysis final : public Analysis {
 public:
  PagePopularityAnalysis(const traces::Header& header, AccessDefinition definition, double top)
      : policy_(header.policy),
        definition_(std::move(definition)),
        page_shares_(page_shares(top)),
        steps_(header),
        sets_(definition_),
        candidates_(definition_),
        streams_(static_cast<std::size_t>(steps_.streams()) * definition_.thresholds.size()) {}

  [[nodiscard]] bool needs_attention() const override { return true; }
  [[nodiscard]] std::vector<ResultTable> results() const override {
    return {summary(), by_head(), curve()};
  }

 private:
  void do_observe(const Event& event) override;
  void take(const DecodeStep& step);
  void end_episode();
  [[nodiscard]] const Shares& total(std::int32_t head, std::size_t threshold) const {
    const auto first = static_cast<std::size_t>(head) * definition_.thresholds.size();
    return streams_[first + threshold].total;
  }
  [[nodiscard]] Shares pooled(std::size_t threshold) const;
  [[nodiscard]] std::string description(const std::string& over) const;
  [[nodiscard]] ResultTable summary() const;
  [[nodiscard]] ResultTable by_head() const;
  [[nodiscard]] ResultTable curve() const;

  std::string policy_;
  AccessDefinition definition_;
  std::vector<double> page_shares_;
  DecodeSteps steps_;
  AccessSets sets_;
  Candidates candidates_;
  std::vector<Stream> streams_;  // (layer, KV head, threshold)
};

void PagePopularityAnalysis::do_observe(const Event& event) {
  if (std::holds_alternative<EpisodeBegan>(event)) {
    for (auto& stream : streams_) stream.episode.clear();
  } else if (std::holds_alternative<EpisodeEnded>(event)) {
    end_episode();
  }
  if (const auto step = steps_.observe(event)) take(*step);
}

void PagePopularityAnalysis::take(const DecodeStep& step) {
  candidates_.take(step);
  auto stream = streams_.begin();
  for (std::int32_t head = 0; head < steps_.streams(); ++head) {
    sets_.take(step, head);
    const auto candidates = candidates_.pages(step, head);
    for (std::size_t t = 0; t < definition_.thresholds.size(); ++t, ++stream) {
      stream->episode.step(candidates, sets_.pages(t));
    }
  }
}

void PagePopularityAnalysis::end_episode() {
  for (auto& [episode, total] : streams_) {
    if (episode.accesses() == 0) continue;
    total.add({.access = episode.access_shares(page_shares_),
               .even = episode.even_shares(page_shares_),
               .triples = 1,
               .accesses = static_cast<std::int64_t>(episode.accesses())});
  }
}

Shares PagePopularityAnalysis::pooled(std::size_t threshold) const {
  Shares sum;
  for (std::int32_t head = 0; head < steps_.streams(); ++head) {
    if (total(head, threshold).triples > 0) sum.add(total(head, threshold));
  }
  return sum;
}

std::string PagePopularityAnalysis::description(const std::string& over) const {
  return "Share of an episode's accesses that falls on its most accessed pages, mean over " + over +
         " that had any. evenly_spread: the same if every step had spread its accesses evenly over "
         "the pages at hand (old pages are at hand longer). " +
         definition_.sentence();
}

ResultTable PagePopularityAnalysis::summary() const {
  ResultTable table("page_popularity", description("episodes, layers and KV heads"),
                    {{"policy", ""},
                     {"threshold", "share of mass"},
                     {"accesses", "accesses"},
                     {"page_share", "share of pages"},
                     {"access_share", "share of accesses"},
                     {"evenly_spread", "share of accesses"}});
  for (std::size_t t = 0; t < definition_.thresholds.size(); ++t) {
    const Shares sum = pooled(t);
    if (sum.triples == 0) continue;
    table.add({policy_, definition_.thresholds[t], sum.accesses, page_shares_[0],
               sum.access_mean(0), sum.even_mean(0)});
  }
  return table;
}

ResultTable PagePopularityAnalysis::by_head() const {
  ResultTable table("page_popularity_by_head", description("the episodes"),
                    {{"policy", ""},
                     {"layer", ""},
                     {"kv_head", ""},
                     {"threshold", "share of mass"},
                     {"accesses", "accesses"},
                     {"page_share", "share of pages"},
                     {"access_share", "share of accesses"},
                     {"evenly_spread", "share of accesses"}});
  for (std::int32_t head = 0; head < steps_.streams(); ++head) {
    for (std::size_t t = 0; t < definition_.thresholds.size(); ++t) {
      const Shares& sum = total(head, t);
      if (sum.triples == 0) continue;
      table.add({policy_, std::int64_t{steps_.layer(head)}, std::int64_t{steps_.kv_head(head)},
                 definition_.thresholds[t], sum.accesses, page_shares_[0], sum.access_mean(0),
                 sum.even_mean(0)});
    }
  }
  return table;
}

ResultTable PagePopularityAnalysis::curve() const {
  ResultTable table("page_popularity_curve", description("episodes, layers and KV heads"),
                    {{"policy", ""},
                     {"threshold", "share of mass"},
                     {"page_share", "share of pages"},
                     {"access_share", "share of accesses"},
                     {"evenly_spread", "share of accesses"}});
  for (std::size_t t = 0; t < definition_.thresholds.size(); ++t) {
    const Shares sum = pooled(t);
    for (std::size_t i = 1; sum.triples > 0 && i < page_shares_.size(); ++i) {
      table.add({policy_, definition_.thresholds[t], page_shares_[i], sum.access_mean(i),
                 sum.even_mean(i)});
    }
  }
  return table;
}

}  // namespace

std::span<const ParamSpec> page_popularity_params() {
  static const std::vector<ParamSpec> kParams =
      with_access_params({{"top", 0.2, "share of the pages that counts as the top, in (0, 1]"}});
  return kParams;
}

AnalysisPtr make_page_popularity(const Params& params, const traces::Header& header) {
  const double top = params.real("top");
  if (!(top > 0 && top <= 1)) {
    throw usage_error({.what = "bad value for parameter `top`",
                       .where = "page-popularity",
                       .found = to_text(top),
                       .expected = "a share of the pages in (0, 1]",
                       .hint = {}});
  }
  return std::make_unique<PagePopularityAnalysis>(header, access_definition(params), top);
}

}  // namespace pagequest::analyzer
