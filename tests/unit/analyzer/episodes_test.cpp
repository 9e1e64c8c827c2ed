// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <catch2/catch.hpp>

#include "analyzer/wilson.h"
#include "tests/unit/analyzer/mini_trace.h"

namespace pagequest::analyzer {
namespace {

EpisodeEnded totals(Outcome outcome, bool correct, bool strict, std::int32_t peak) {
  EpisodeEnded end{};
  end.outcome = outcome;
  end.correct = correct;
  end.strict = strict;
  end.turns = 5;
  end.needed_calls = 3;
  end.calls = strict ? 3 : 5;
  end.peak_tokens = peak;
  end.peak_tokens_with_aux = peak + 10;
  end.aux_tokens = 20;
  end.kv_reads_tokens = 5'000'000'000;  // more than 32 bits hold
  return end;
}

TEST_CASE("the summary counts outcomes and averages over episodes") {
  const auto analysis = testing::make_analysis("episodes", {});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  trace.send(TokensEvicted{trace.id(), 3, 1, {0, 8}, 6});
  trace.send(AuxJoined{trace.id(), 1, 10, true, {}});
  trace.send(AuxJoined{trace.id(), 2, 10, false, {}});
  trace.end(totals(Outcome::complete, true, true, 100));
  trace.begin(1);
  trace.end(totals(Outcome::complete, true, false, 200));
  trace.begin(2);
  trace.send(AuxJoined{trace.id(), 2, 10, true, {}});
  trace.end(totals(Outcome::context_limit, false, false, 300));
  trace.begin(3);
  trace.end(totals(Outcome::unparsable, false, false, 400));

  const auto tables = analysis->results();
  const auto& summary = testing::table(tables, "episodes_summary");
  REQUIRE(summary.rows().size() == 1);
  CHECK(summary.text(0, "policy") == "full");
  CHECK(summary.number(0, "episodes") == 4);
  CHECK(summary.number(0, "accuracy") == 0.5);
  CHECK(summary.number(0, "accuracy_low") == wilson_interval_95(2, 4).low);
  CHECK(summary.number(0, "accuracy_high") == wilson_interval_95(2, 4).high);
  CHECK(summary.number(0, "strict_accuracy") == 0.25);
  CHECK(summary.number(0, "complete") == 2);
  CHECK(summary.number(0, "unparsable") == 1);
  CHECK(summary.number(0, "context_limit") == 1);
  CHECK(summary.number(0, "turn_limit") == 0);
  CHECK(summary.number(0, "peak_tokens_mean") == 250);
  CHECK(summary.number(0, "peak_tokens_with_aux_mean") == 260);
  CHECK(summary.number(0, "kv_reads_mean") == 5e9);
  CHECK(summary.number(0, "aux_tokens_mean") == 20);
  CHECK(summary.number(0, "evicted_tokens_mean") == 1.5);
  CHECK(summary.number(0, "calls_above_need_mean") == 1.5);
  CHECK(summary.number(0, "joins") == 3);
  CHECK(summary.number(0, "joins_parsed_share") == Approx(2.0 / 3));

  const auto& list = testing::table(tables, "episode_list");
  REQUIRE(list.rows().size() == 4);
  CHECK(list.text(2, "outcome") == "context_limit");
  CHECK(list.number(0, "evicted_tokens") == 6);
  CHECK(list.number(1, "evicted_tokens") == 0);
}

TEST_CASE("a trace without episodes gives undefined means, not zeros") {
  const auto tables = testing::make_analysis("episodes", {})->results();
  const auto& summary = testing::table(tables, "episodes_summary");
  CHECK(summary.number(0, "episodes") == 0);
  CHECK(std::isnan(summary.number(0, "accuracy")));
  CHECK(std::isnan(summary.number(0, "peak_tokens_mean")));
  CHECK(std::isnan(summary.number(0, "joins_parsed_share")));
}

TEST_CASE("an episode that has not ended does not count") {
  const auto analysis = testing::make_analysis("episodes", {});
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  trace.send(TokensEvicted{trace.id(), 3, 1, {0, 8}, 6});
  CHECK(testing::table(analysis->results(), "episodes_summary").number(0, "episodes") == 0);
}

}  // namespace
}  // namespace pagequest::analyzer
