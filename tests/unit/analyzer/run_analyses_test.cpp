// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <catch2/catch.hpp>

#include "analyzer/analysis_set.h"
#include "tests/support/synthetic_kernels.h"
#include "tests/support/synthetic_trace.h"
#include "tests/unit/analyzer/mini_trace.h"
#include "tests/unit/analyzer/page_sets.h"

namespace pagequest::analyzer {
namespace {

std::vector<AnalysisResult> run(const testing::SyntheticOptions& options,
                                const std::vector<AnalysisRequest>& requests) {
  traces::Header header = testing::synthetic_header(options);
  header.kernel_timing = {.clock = "cupti", .copy_gbps = 3000, .matmul_tflops = 700};
  AnalysisSet set(requests, header);
  testing::GivenTimer timer;
  timer.run_passes(30);
  set.on(timer.log().take());
  testing::emit_synthetic_trace(options, set);
  return set.results();
}

/// Collects, per episode and stream, the sets of non-resident pages with a mass of at least
/// `threshold` at main-thread decode steps: the definition once more, without the analyzer's code.
class SetCollector final : public EventSink {
 public:
  SetCollector(std::int32_t page_size, float threshold)
      : page_size_(page_size), threshold_(threshold) {}

  void on(const Event& event) override {
    if (std::holds_alternative<EpisodeBegan>(event)) episodes_.emplace_back();
    if (const auto* filled = std::get_if<TokensFilled>(&event)) last_ = *filled;
    const auto* attended = std::get_if<PagesAttended>(&event);
    if (attended == nullptr || attended->thread != Thread::main) return;
    if (last_.kind != StepKind::decode) return;
    for (std::int32_t row = 0; row < attended->layers * attended->kv_heads; ++row) {
      auto& set = episodes_.back()[row].emplace_back();
      for (std::size_t i = 0; i < attended->pages.size(); ++i) {
        const std::int32_t page = attended->pages[i];
        const std::size_t cell = static_cast<std::size_t>(row) * attended->pages.size() + i;
        const bool resident = page == 0 || page == last_.first / page_size_;
        if (!resident && attended->mean[cell] >= threshold_) set.push_back(page);
      }
    }
  }
  [[nodiscard]] const auto& episodes() const { return episodes_; }

 private:
  std::int32_t page_size_;
  float threshold_;
  TokensFilled last_{};
  std::vector<std::map<std::int32_t, testing::PageSets>> episodes_;
};

TEST_CASE("reuse distances of a trace equal a brute-force search over its page sets") {
  const testing::SyntheticOptions options{
      .episodes = 3, .concurrency = 1, .turns = 8, .decode_tokens = 20, .seed = 3};
  const float threshold = 0.0625F;
  SetCollector collector(options.page_size, threshold);
  testing::emit_synthetic_trace(options, collector);
  std::vector<std::uint64_t> histogram;
  std::uint64_t cold = 0;
  for (const auto& episode : collector.episodes()) {
    for (const auto& [row, sets] : episode) {
      const auto distances = testing::brute_force_distances(sets);
      cold += distances.cold;
      histogram.resize(std::max(histogram.size(), distances.histogram.size()));
      for (std::size_t d = 0; d < distances.histogram.size(); ++d) {
        histogram[d] += distances.histogram[d];
      }
    }
  }

  const auto results = run(options, {{"reuse-distance", {{"thresholds", "0.0625"}}}});
  const auto& cdf = testing::table(results[0].tables, "reuse_distance_cdf");
  REQUIRE(cdf.rows().size() == histogram.size());
  std::uint64_t warm = 0;
  for (std::size_t d = 0; d < histogram.size(); ++d) {
    CHECK(cdf.number(d, "accesses") == static_cast<double>(histogram[d]));
    warm += histogram[d];
  }
  CHECK(cdf.number(histogram.size() - 1, "cdf") == 1.0);
  const auto& summary = testing::table(results[0].tables, "reuse_distance_summary");
  CHECK(summary.number(0, "accesses") == static_cast<double>(warm + cold));
  CHECK(summary.number(0, "cold_share") ==
        Approx(static_cast<double>(cold) / static_cast<double>(warm + cold)));
}

TEST_CASE("a miss-ratio curve falls from 1 to the share of cold accesses") {
  const testing::SyntheticOptions options{.episodes = 4, .concurrency = 1, .turns = 8};
  const auto results = run(options, {{"reuse-distance", {{"thresholds", "0.05"}}}});
  const auto& curve = testing::table(results[0].tables, "lru_miss_ratio");
  const auto& summary = testing::table(results[0].tables, "reuse_distance_summary");
  const std::size_t last = curve.rows().size() - 1;
  REQUIRE(last > 3);
  CHECK(curve.number(0, "miss_ratio") == 1.0);
  for (std::size_t i = 1; i <= last; ++i) {
    CHECK(curve.number(i, "miss_ratio") <= curve.number(i - 1, "miss_ratio"));
  }
  CHECK(curve.number(last, "miss_ratio") == Approx(summary.number(0, "cold_share")));
  CHECK(curve.number(last, "miss_ratio_warm") == 0.0);
}

TEST_CASE("the tables of single heads add up to the pooled ones") {
  const testing::SyntheticOptions options{.episodes = 3, .concurrency = 1};
  const auto results = run(options, {{"reuse-distance", {}}});
  const auto& pooled = testing::table(results[0].tables, "reuse_distance_summary");
  const auto& heads = testing::table(results[0].tables, "reuse_distance_summary_by_head");
  REQUIRE(heads.rows().size() == pooled.rows().size() * 4);  // 2 layers x 2 KV heads
  std::map<double, double> sums;
  for (std::size_t i = 0; i < heads.rows().size(); ++i) {
    sums[heads.number(i, "threshold")] += heads.number(i, "accesses");
  }
  for (std::size_t i = 0; i < pooled.rows().size(); ++i) {
    CHECK(pooled.number(i, "accesses") == sums.at(pooled.number(i, "threshold")));
  }
}

TEST_CASE("auxiliary threads and prefill chunks leave the access analyses unchanged") {
  const auto analysis = testing::make_analysis("reuse-distance", {{"thresholds", "0.2"}});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  trace.fill(0, 12);
  trace.decode(12, {0.1F, 0.4F, 0.4F, 0.1F});
  trace.decode(12, {0.1F, 0.4F, 0.4F, 0.1F}, Thread::auxiliary);
  trace.end();
  const auto tables = analysis->results();
  CHECK(testing::table(tables, "reuse_distance_summary").number(0, "accesses") == 2);
}

TEST_CASE("one pass over several analyses gives each the tables that it gives alone") {
  const testing::SyntheticOptions options{
      .episodes = 2, .concurrency = 1, .captures = testing::all_captures()};
  const auto together = run(options, all_analyses());
  for (std::size_t i = 0; i < together.size(); ++i) {
    const auto alone = run(options, {{together[i].name, {}}});
    REQUIRE(alone[0].tables.size() == together[i].tables.size());
    for (std::size_t t = 0; t < alone[0].tables.size(); ++t) {
      CHECK(alone[0].tables[t].rows().size() == together[i].tables[t].rows().size());
      CHECK(alone[0].tables[t].rows().back() == together[i].tables[t].rows().back());
    }
  }
}

TEST_CASE("attention is read only if an analysis needs it") {
  const auto header = testing::synthetic_header({});
  const std::vector<AnalysisRequest> cheap = {{"episodes", {}}, {"live-tokens", {}}};
  CHECK_FALSE(AnalysisSet(cheap, header).wants_attention());
  CHECK(AnalysisSet(all_analyses(), header).wants_attention());
}

TEST_CASE("the resolved parameters come with the result") {
  const auto results = run({.episodes = 1, .concurrency = 1}, {{"recency-recall", {{"k", "7"}}}});
  CHECK(results[0].params.at("k") == "7");
  CHECK(results[0].params.at("share") == "0.2");
}

}  // namespace
}  // namespace pagequest::analyzer
