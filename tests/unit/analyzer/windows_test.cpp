// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/unit/analyzer/mini_trace.h"

// Two layers of one KV head, pages of 4 tokens. The second layer has a sliding window: a page
// before it is absent there, which is something else than a page with little attention.

namespace pagequest::analyzer {
namespace {

using Numbers = std::vector<float>;

traces::Header windowed_header() {
  traces::Header header = testing::mini_header();
  header.layers = 2;
  header.windows = {0, 8};
  header.captures.sink_share = true;
  return header;
}

class WindowedTrace {
 public:
  explicit WindowedTrace(Analysis& analysis) : analysis_(analysis) {
    analysis_.observe(EpisodeBegan{EpisodeId{0}});
  }
  /// A decode step on pages 0, 1, 2... of which layer 1 does not see the first `hidden`.
  void decode(std::int32_t position, std::int32_t hidden, const Numbers& full,
              const Numbers& windowed, const Numbers& sinks = {0.0F, 0.0F}) {
    const std::vector<std::int32_t> token = {7};
    analysis_.observe(
        TokensFilled{EpisodeId{0}, Thread::main, StepKind::decode, step_, 0, position, token});
    std::vector<std::int32_t> pages;
    for (std::size_t page = 0; page < full.size(); ++page) {
      pages.push_back(static_cast<std::int32_t>(page));
    }
    Numbers masses = full;
    masses.insert(masses.end(), windowed.begin(), windowed.end());
    const std::vector<std::int32_t> first_page = {0, hidden};
    analysis_.observe(PagesAttended{.episode = EpisodeId{0},
                                    .thread = Thread::main,
                                    .step = step_++,
                                    .query_rows = 1,
                                    .layers = 2,
                                    .kv_heads = 1,
                                    .pages = pages,
                                    .mean = masses,
                                    .max = masses,
                                    .first_page = first_page,
                                    .sink_share = sinks});
  }
  void end() { analysis_.observe(EpisodeEnded{.episode = EpisodeId{0}}); }

 private:
  Analysis& analysis_;
  std::int32_t step_ = 0;
};

std::unique_ptr<Analysis> windowed(std::string_view name,
                                   const std::map<std::string, std::string>& params) {
  return testing::make_analysis(name, params, windowed_header());
}

TEST_CASE("tables of occupancy say that windows are left out, and only where there are windows") {
  const auto says_windows = [](const traces::Header& header) {
    std::vector<bool> says;
    for (const auto& table : testing::make_analysis("live-tokens", {}, header)->results()) {
      says.push_back(table.description().find("sliding windows") != std::string::npos);
    }
    return says;
  };
  CHECK(says_windows(windowed_header()) == std::vector<bool>(4, true));
  CHECK(says_windows(testing::mini_header()) == std::vector<bool>(4, false));
}

/// Layer 0 attends to pages 0 to 5, layer 1 to those that its window reaches, 3 to 5.
void decode_four_steps(WindowedTrace& trace) {
  for (std::int32_t position = 20; position < 24; ++position) {
    trace.decode(position, 3, {0.1F, 0.3F, 0.3F, 0.1F, 0.1F, 0.1F},
                 {0.0F, 0.0F, 0.0F, 0.5F, 0.3F, 0.2F});
  }
  trace.end();
}

TEST_CASE("popularity leaves pages outside of a layer's window out of what was at hand") {
  const auto analysis = windowed("page-popularity", {{"thresholds", "0.2"}, {"top", "0.5"}});
  WindowedTrace trace(*analysis);
  // Pages 1 to 4 are at hand in layer 0, pages 3 and 4 in layer 1; page 5 is being written.
  decode_four_steps(trace);
  const auto tables = analysis->results();
  const auto& by_head = testing::table(tables, "page_popularity_by_head");
  REQUIRE(by_head.rows().size() == 2);
  CHECK(by_head.number(0, "access_share") == Approx(1.0));  // 2 of 4 pages have all accesses
  CHECK(by_head.number(1, "access_share") == Approx(0.5));  // 1 of 2 pages
  CHECK(by_head.number(1, "evenly_spread") == Approx(0.5));
}

TEST_CASE("a random draw of the recall is one of the pages that the layer sees") {
  const auto analysis = windowed("recency-recall", {{"thresholds", "0.2"}, {"k", "1"}});
  WindowedTrace trace(*analysis);
  decode_four_steps(trace);
  const auto tables = analysis->results();
  const auto& by_head = testing::table(tables, "recency_recall_by_head");
  REQUIRE(by_head.rows().size() == 4);                    // a layer: all positions, and their band
  CHECK(by_head.number(0, "random") == Approx(1.0 / 4));  // B = max(1, round(0.2 x 4)) = 1
  CHECK(by_head.number(2, "random") == Approx(1.0 / 2));
}

TEST_CASE("the smallest set that covers all of a row has no page that the layer doesn't see") {
  const auto analysis =
      windowed("reuse-distance", {{"access", "top"}, {"thresholds", "1"}, {"resident", "include"}});
  WindowedTrace trace(*analysis);
  trace.decode(20, 3, {0.1F, 0.3F, 0.3F, 0.1F, 0.1F, 0.1F}, {0.0F, 0.0F, 0.0F, 0.1F, 0.7F, 0.2F});
  trace.end();
  const auto tables = analysis->results();
  const auto& by_head = testing::table(tables, "reuse_distance_summary_by_head");
  CHECK(by_head.number(0, "accesses") == 6);
  CHECK(by_head.number(1, "accesses") == 3);
}

TEST_CASE("sink shares are summed up a layer and KV head, over the decode steps") {
  const auto analysis = windowed("attention-sinks", {});
  WindowedTrace trace(*analysis);
  trace.decode(0, 0, {0.75F}, {0.5F}, {0.25F, 0.5F});
  trace.decode(1, 0, {0.5F}, {0.5F}, {0.5F, 0.5F});
  trace.end();
  const auto tables = analysis->results();
  const auto& table = testing::table(tables, "attention_sinks");
  REQUIRE(table.rows().size() == 2);
  CHECK(table.number(0, "steps") == 2);
  CHECK(table.number(0, "mean") == Approx(0.375));
  CHECK(table.number(0, "min") == Approx(0.25));
  CHECK(table.number(0, "max") == Approx(0.5));
  CHECK(table.number(1, "layer") == 1);
  CHECK(table.number(1, "min") == Approx(0.5));
}

TEST_CASE("a model without sinks has no rows of sink shares") {
  const auto analysis = testing::make_analysis("attention-sinks", {});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  trace.decode(0, {1.0F});
  trace.end();
  CHECK(testing::table(analysis->results(), "attention_sinks").rows().empty());
}

TEST_CASE("a first page that is none of the step's is an error") {
  const auto analysis = windowed("reuse-distance", {});
  WindowedTrace trace(*analysis);
  CHECK_THROWS_AS(trace.decode(20, 7, Numbers(6, 0.1F), Numbers(6, 0.1F)), Error);
  CHECK_THROWS_AS(trace.decode(20, -1, Numbers(6, 0.1F), Numbers(6, 0.1F)), Error);
}

}  // namespace
}  // namespace pagequest::analyzer
