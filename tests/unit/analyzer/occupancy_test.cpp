// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/occupancy.h"

#include <catch2/catch.hpp>

#include "analyzer/analysis_set.h"
#include "tests/support/synthetic_trace.h"
#include "tests/unit/analyzer/mini_trace.h"

namespace pagequest::analyzer {
namespace {

const EpisodeId kEpisode{0};
constexpr std::int32_t kPageSize = 4;

void fill(Occupancy& occupancy, std::int32_t first, std::int32_t count,
          Thread thread = Thread::main) {
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(count), 1);
  occupancy.observe(TokensFilled{kEpisode, thread, StepKind::prefill, 0, 0, first, tokens});
}

void evict(Occupancy& occupancy, std::int32_t first, std::int32_t count) {
  occupancy.observe(TokensEvicted{kEpisode, 0, 0, {first, count}, count});
}

TEST_CASE("a page is occupied as long as one of its tokens is live") {
  Occupancy occupancy(kPageSize);
  fill(occupancy, 0, 10);
  CHECK(occupancy.now().tokens == 10);
  CHECK(occupancy.now().physical == 12);  // the third page is half full
  evict(occupancy, 1, 5);                 // 0...  ..67  89
  CHECK(occupancy.now().tokens == 5);
  CHECK(occupancy.now().physical == 12);
  evict(occupancy, 4, 4);  // of which only two were live
  CHECK(occupancy.now().tokens == 3);
  CHECK(occupancy.now().physical == 8);
}

TEST_CASE("the auxiliary thread's own tokens lie in pages of its own") {
  Occupancy occupancy(kPageSize);
  fill(occupancy, 0, 10);
  occupancy.observe(AuxForked{kEpisode, 0, 0, 10, 3});
  CHECK(occupancy.now().physical_with_aux == 12);
  fill(occupancy, 10, 2, Thread::auxiliary);  // into a copy of the partial third page
  CHECK(occupancy.now().tokens_with_aux == 12);
  CHECK(occupancy.now().physical_with_aux == 16);
  fill(occupancy, 12, 1, Thread::auxiliary);
  CHECK(occupancy.now().physical_with_aux == 20);
  occupancy.observe(AuxJoined{kEpisode, 0, 3, true, {}});
  CHECK(occupancy.now().tokens_with_aux == 10);
  CHECK(occupancy.now().physical_with_aux == 12);
}

TEST_CASE("the auxiliary thread holds the pages that the main thread drops meanwhile") {
  Occupancy occupancy(kPageSize);
  fill(occupancy, 0, 8);
  occupancy.observe(AuxForked{kEpisode, 0, 0, 8, 2});
  evict(occupancy, 0, 4);
  CHECK(occupancy.now().physical == 4);
  CHECK(occupancy.now().physical_with_aux == 8);
  occupancy.observe(AuxJoined{kEpisode, 0, 0, true, {}});
  CHECK(occupancy.now().physical_with_aux == 4);
}

TEST_CASE("peaks from the events equal the engine's own account") {
  const testing::SyntheticOptions options{
      .episodes = 12, .concurrency = 1, .turns = 12, .aux_tokens = 24, .seed = 5};
  const std::vector<AnalysisRequest> requests = {{"episodes", {}}, {"live-tokens", {}}};
  AnalysisSet set(requests, testing::synthetic_header(options));
  testing::emit_synthetic_trace(options, set);
  const auto results = set.results();
  const auto& account = testing::table(results[0].tables, "episode_list");
  const auto& measured = testing::table(results[1].tables, "peak_tokens");
  REQUIRE(measured.rows().size() == 12);
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(measured.number(i, "episode") == account.number(i, "episode"));
    CHECK(measured.number(i, "peak_tokens") == account.number(i, "peak_tokens"));
    CHECK(measured.number(i, "peak_tokens_with_aux") == account.number(i, "peak_tokens_with_aux"));
    CHECK(measured.number(i, "peak_physical_tokens") >= measured.number(i, "peak_tokens"));
  }
}

TEST_CASE("live tokens are averaged on a step, a progress and a turn axis") {
  const auto analysis = testing::make_analysis("live-tokens", {{"stride", "1"}});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  trace.send(TurnBegan{trace.id(), 0});
  trace.fill(0, 4);
  trace.fill(4, 4);
  trace.send(TurnBegan{trace.id(), 1});
  trace.send(TokensEvicted{trace.id(), 1, 1, {0, 3}, 3});
  trace.fill(8, 1);
  trace.end();
  trace.begin(1);
  trace.fill(0, 2);
  trace.end();
  const auto tables = analysis->results();

  const auto& by_step = testing::table(tables, "live_tokens_by_step");
  REQUIRE(by_step.rows().size() == 3);
  CHECK(by_step.number(0, "tokens") == Approx((4 + 2) / 2.0));
  CHECK(by_step.number(1, "tokens") == Approx(8));  // the second episode has ended
  CHECK(by_step.number(2, "tokens") == Approx(6));
  CHECK(by_step.number(2, "physical_tokens") == Approx(12));
  CHECK(by_step.number(2, "episodes") == 1);

  const auto& progress = testing::table(tables, "live_tokens_by_progress");
  REQUIRE(progress.rows().size() == 101);
  CHECK(progress.number(0, "tokens") == Approx((4 + 2) / 2.0));
  CHECK(progress.number(50, "tokens") == Approx((8 + 2) / 2.0));
  CHECK(progress.number(100, "progress") == Approx(1.0));
  CHECK(progress.number(100, "tokens") == Approx((6 + 2) / 2.0));

  const auto& by_turn = testing::table(tables, "live_tokens_by_turn");
  REQUIRE(by_turn.rows().size() == 2);
  CHECK(by_turn.number(0, "tokens") == 0);
  CHECK(by_turn.number(1, "tokens") == 8);
}

}  // namespace
}  // namespace pagequest::analyzer
