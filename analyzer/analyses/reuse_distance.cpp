// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "analyzer/decode_steps.h"
#include "analyzer/distance_profile.h"
#include "analyzer/page_access.h"
#include "analyzer/stack_distance.h"

namespace pagequest::analyzer {
namespace {

struct Stream {
  StackDistance stack;
  std::uint64_t resident = 0;
  std::uint64_t steps = 0;

  [[nodiscard]] DistanceProfile profile() const {
    return {.warm = stack.histogram(), .cold = stack.cold(), .resident = resident, .steps = steps};
  }
};

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(part) / static_cast<double>(whole);
}

Cell integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

/// The cells that say whose numbers a row gives.
using Key = std::vector<Cell>;

void add_row(ResultTable& table, Key key, std::vector<Cell> values) {
  key.insert(key.end(), std::make_move_iterator(values.begin()),
             std::make_move_iterator(values.end()));
  table.add(std::move(key));
}

void add_distances(ResultTable& table, const Key& key, const DistanceProfile& profile) {
  const std::uint64_t total = profile.warm_total();
  std::uint64_t up_to = 0;
  for (std::size_t d = 0; d < profile.distances(); ++d) {
    up_to += profile.warm[d];
    add_row(table, key, {integer(d), integer(profile.warm[d]), share(up_to, total)});
  }
}

void add_miss_ratios(ResultTable& table, const Key& key, const DistanceProfile& profile) {
  const std::uint64_t warm = profile.warm_total();
  const std::uint64_t all = profile.accesses();
  const auto hits = profile.hits_by_size();
  for (std::size_t size = 0; all > 0 && size < hits.size(); ++size) {
    add_row(table, key,
            {integer(size), share(all - hits[size], all), share(warm - hits[size], warm)});
  }
}

void add_summary(ResultTable& table, const Key& key, const DistanceProfile& profile) {
  const std::uint64_t all = profile.accesses();
  add_row(table, key,
          {integer(all), share(all, profile.steps), share(profile.cold, all),
           share(profile.resident, all + profile.resident), profile.mean(), profile.quantile(0.5),
           profile.quantile(0.9), profile.quantile(0.99)});
}

class ReuseDistance final : public Analysis {
 public:
  ReuseDistance(const traces::Header& header, AccessDefinition definition)
      : policy_(header.policy),
        definition_(std::move(definition)),
        steps_(header),
        sets_(definition_),
        streams_(static_cast<std::size_t>(steps_.streams()) * definition_.thresholds.size()) {}

  [[nodiscard]] bool needs_attention() const override { return true; }
  [[nodiscard]] std::vector<ResultTable> results() const override;

 private:
  using Fill = void (*)(ResultTable&, const Key&, const DistanceProfile&);

  void do_observe(const Event& event) override;
  [[nodiscard]] const Stream& stream(std::int32_t head, std::size_t threshold) const {
    return streams_[static_cast<std::size_t>(head) * definition_.thresholds.size() + threshold];
  }
  void add_tables(std::vector<ResultTable>& out, const std::string& name,
                  const std::string& description, const std::vector<Column>& values,
                  Fill fill) const;
  [[nodiscard]] ResultTable pooled(const std::string& name, const std::string& description,
                                   const std::vector<Column>& values, Fill fill) const;
  [[nodiscard]] ResultTable by_head(const std::string& name, const std::string& description,
                                    const std::vector<Column>& values, Fill fill) const;

  std::string policy_;
  AccessDefinition definition_;
  DecodeSteps steps_;
  AccessSets sets_;
  std::vector<Stream> streams_;  // (layer, KV head, threshold)
};

void ReuseDistance::do_observe(const Event& event) {
  if (std::holds_alternative<EpisodeBegan>(event)) {
    for (auto& stream : streams_) stream.stack.clear();
  }
  const auto step = steps_.observe(event);
  if (!step) return;
  auto stream = streams_.begin();
  for (std::int32_t head = 0; head < steps_.streams(); ++head) {
    sets_.take(*step, head);
    for (std::size_t t = 0; t < definition_.thresholds.size(); ++t, ++stream) {
      stream->stack.access(sets_.pages(t));
      stream->resident += static_cast<std::uint64_t>(sets_.resident(t));
      ++stream->steps;
    }
  }
}

std::vector<ResultTable> ReuseDistance::results() const {
  std::vector<ResultTable> out;
  add_tables(out, "reuse_distance_summary",
             "Stack distances in short. The distance is the number of distinct other pages that "
             "the same layer and KV head accessed since the page's last access; a cold access is "
             "the first of a page in its episode and has none.",
             {{"accesses", "accesses"},
              {"accesses_per_step", "pages"},
              {"cold_share", "share of accesses"},
              {"resident_share", "share of all accesses"},
              {"distance_mean", "pages"},
              {"distance_p50", "pages"},
              {"distance_p90", "pages"},
              {"distance_p99", "pages"}},
             add_summary);
  add_tables(out, "reuse_distance_cdf",
             "Share of the re-accesses (cold ones left out) whose stack distance is at most so "
             "many pages.",
             {{"distance", "pages"}, {"accesses", "accesses"}, {"cdf", "share of accesses"}},
             add_distances);
  add_tables(out, "lru_miss_ratio",
             "Misses of an LRU cache of so many pages, one cache a layer and KV head, emptied at "
             "the start of an episode. miss_ratio counts cold accesses as misses; "
             "miss_ratio_warm leaves them out (a KV page is written before it is first read, so "
             "its first read need not miss).",
             {{"cache_pages", "pages"},
              {"miss_ratio", "share of accesses"},
              {"miss_ratio_warm", "share of accesses"}},
             add_miss_ratios);
  return out;
}

void ReuseDistance::add_tables(std::vector<ResultTable>& out, const std::string& name,
                               const std::string& description, const std::vector<Column>& values,
                               Fill fill) const {
  const std::string definition = definition_.sentence();
  out.push_back(
      pooled(name, description + " Summed over layers and KV heads. " + definition, values, fill));
  out.push_back(by_head(name + "_by_head", description + " Per layer and KV head. " + definition,
                        values, fill));
}

ResultTable ReuseDistance::pooled(const std::string& name, const std::string& description,
                                  const std::vector<Column>& values, Fill fill) const {
  std::vector<Column> columns = {{"policy", ""}, {"threshold", "share of mass"}};
  columns.insert(columns.end(), values.begin(), values.end());
  ResultTable table(name, description, columns);
  for (std::size_t t = 0; t < definition_.thresholds.size(); ++t) {
    DistanceProfile sum;
    for (std::int32_t head = 0; head < steps_.streams(); ++head) {
      sum.add(stream(head, t).profile());
    }
    fill(table, {policy_, definition_.thresholds[t]}, sum);
  }
  return table;
}

ResultTable ReuseDistance::by_head(const std::string& name, const std::string& description,
                                   const std::vector<Column>& values, Fill fill) const {
  std::vector<Column> columns = {
      {"policy", ""}, {"layer", ""}, {"kv_head", ""}, {"threshold", "share of mass"}};
  columns.insert(columns.end(), values.begin(), values.end());
  ResultTable table(name, description, columns);
  for (std::int32_t head = 0; head < steps_.streams(); ++head) {
    for (std::size_t t = 0; t < definition_.thresholds.size(); ++t) {
      fill(table,
           {policy_, std::int64_t{steps_.layer(head)}, std::int64_t{steps_.kv_head(head)},
            definition_.thresholds[t]},
           stream(head, t).profile());
    }
  }
  return table;
}

}  // namespace

std::span<const ParamSpec> reuse_distance_params() {
  static const std::vector<ParamSpec> kParams = with_access_params({});
  return kParams;
}

AnalysisPtr make_reuse_distance(const Params& params, const traces::Header& header) {
  return std::make_unique<ReuseDistance>(header, access_definition(params));
}

}  // namespace pagequest::analyzer
