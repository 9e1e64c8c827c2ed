// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/projection.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "simulator/workload/footprint.h"
#include "tests/support/synthetic_trace.h"

using namespace pagequest;
using namespace pagequest::simulator;
using namespace pagequest::testing;
using Catch::Matchers::Contains;

namespace {

/// One builder an episode, and a count of the same events that knows nothing of sessions.
class Tee final : public EventSink {
 public:
  explicit Tee(std::int32_t scale) : scale_(scale) {}
  void on(const Event& event) override {
    std::visit(
        [&](const auto& e) {
          builders_.try_emplace(e.episode, scale_).first->second.on(event);
          count(e);
        },
        event);
  }
  void count(const TokensFilled& e) {
    const auto tokens = static_cast<std::int64_t>(e.tokens.size());
    SessionTotals& sums = expected[e.episode];
    if (e.thread == Thread::auxiliary) {
      (e.kind == StepKind::prefill ? sums.aux_prefill : sums.aux_decode) += tokens;
    } else {
      (e.kind == StepKind::prefill ? sums.prefill : sums.decode) += tokens;
    }
  }
  void count(const TokensEvicted& e) { expected[e.episode].evicted += e.tokens; }
  void count(const ToolResponded& e) { ++expected[e.episode].tool_calls; }
  void count(const EpisodeEnded& e) { ended[e.episode] = e; }
  template <class E>
  void count(const E& /*other*/) {}

  Session take(EpisodeId id) { return builders_.at(id).take(); }

  std::map<EpisodeId, SessionTotals> expected;
  std::map<EpisodeId, EpisodeEnded> ended;

 private:
  std::int32_t scale_;
  std::map<EpisodeId, SessionBuilder> builders_;
};

TokensFilled filled(std::int32_t first, StepKind kind, const std::vector<std::int32_t>& tokens,
                    Thread thread = Thread::main) {
  return {EpisodeId{0}, thread, kind, 0, 0, first, tokens};
}

constexpr EpisodeEnded kEnded{EpisodeId{0}, Outcome::complete, true, true, 1, 0, 0, 0, 0, 0, 0};
const std::vector<std::int32_t> kFive = {1, 2, 3, 4, 5};
const std::vector<std::int32_t> kOne = {1};

}  // namespace

TEST_CASE("Token sums of a session are the trace's, times the scale") {
  for (const std::int32_t scale : {1, 16, 100}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Tee tee(scale);
      emit_synthetic_trace({.episodes = 6, .concurrency = 3, .seed = seed}, tee);
      for (const auto& [id, expected] : tee.expected) {
        const Session session = tee.take(id);
        const SessionTotals sums = totals(session);
        CHECK(sums.prefill == expected.prefill * scale);
        CHECK(sums.decode == expected.decode * scale);
        CHECK(sums.aux_prefill == expected.aux_prefill * scale);
        CHECK(sums.aux_decode == expected.aux_decode * scale);
        CHECK(sums.evicted == expected.evicted * scale);
        CHECK(sums.tool_calls == expected.tool_calls);
        std::int64_t by_turn = 0;
        for (const TurnTokens& turn : session.turns) {
          by_turn += turn.input + turn.thought + turn.call + turn.answer;
        }
        CHECK(by_turn == sums.prefill + sums.decode);
        CHECK(std::ssize(session.turns) == tee.ended.at(id).turns);
      }
    }
  }
}

TEST_CASE("The peak of an episode without auxiliary threads is the trace's, times the scale") {
  Tee tee(16);
  emit_synthetic_trace({.episodes = 4, .aux_interval = 0, .seed = 3}, tee);
  for (const auto& [id, ended] : tee.ended) {
    CHECK(footprint(tee.take(id), 16).peak_tokens == ended.peak_tokens * 16);
  }
}

TEST_CASE("Calls and thoughts are told apart by position") {
  SessionBuilder builder(2);
  builder.on(EpisodeBegan{EpisodeId{0}});
  builder.on(filled(0, StepKind::prefill, kFive));
  builder.on(TurnBegan{EpisodeId{0}, 0});
  for (std::int32_t position = 5; position < 10; ++position) {
    builder.on(filled(position, StepKind::decode, kOne));
  }
  // Positions 8 and 9 were decoded; 10, the call's last token, comes with the response.
  builder.on(ToolResponded{EpisodeId{0}, 0, 0, {8, 3}, {11, 4}, "search"});
  builder.on(filled(10, StepKind::prefill, kFive));
  builder.on(TurnBegan{EpisodeId{0}, 1});
  builder.on(filled(15, StepKind::decode, kOne));
  builder.on(kEnded);
  const Session session = builder.take();
  REQUIRE(session.turns.size() == 2);
  CHECK(session.turns[0].input == 10);
  CHECK(session.turns[0].thought == 6);
  CHECK(session.turns[0].call == 4);
  CHECK(session.turns[0].tool == "search");
  CHECK(session.turns[1].input == 10);
  CHECK(session.turns[1].answer == 2);
}

TEST_CASE("A chunk of one token before a turn begins is input, not output") {
  SessionBuilder builder(1);
  builder.on(EpisodeBegan{EpisodeId{0}});
  builder.on(filled(0, StepKind::prefill, kFive));
  builder.on(filled(5, StepKind::decode, kOne));
  builder.on(TurnBegan{EpisodeId{0}, 0});
  builder.on(filled(6, StepKind::decode, kOne));
  builder.on(kEnded);
  const SessionTotals sums = totals(builder.take());
  CHECK(sums.prefill == 6);
  CHECK(sums.decode == 1);
}

TEST_CASE("An eviction that reaches beyond what is filled drops what is filled") {
  SessionBuilder builder(4);
  builder.on(EpisodeBegan{EpisodeId{0}});
  builder.on(filled(0, StepKind::prefill, kFive));
  builder.on(TokensEvicted{EpisodeId{0}, 0, 0, {3, 50}, 2});
  builder.on(kEnded);
  const Session session = builder.take();
  REQUIRE(session.program.size() == 2);
  CHECK(std::get<Evict>(session.program[1]).span == TokenSpan{12, 8});
}

TEST_CASE("Events that are not those of one whole episode are refused") {
  SessionBuilder gap(1);
  gap.on(EpisodeBegan{EpisodeId{0}});
  CHECK_THROWS_WITH(gap.on(filled(7, StepKind::prefill, kFive)), Contains("not contiguous"));
  SessionBuilder open(1);
  open.on(EpisodeBegan{EpisodeId{0}});
  CHECK_THROWS_WITH(open.take(), Contains("not a whole episode"));
  SessionBuilder aux(1);
  CHECK_THROWS_WITH(aux.on(filled(0, StepKind::decode, kOne, Thread::auxiliary)),
                    Contains("never forked"));
  SessionBuilder twice(1);
  twice.on(AuxForked{EpisodeId{0}, 0, 0, 0, 0});
  CHECK_THROWS_WITH(twice.on(AuxForked{EpisodeId{0}, 0, 0, 0, 0}), Contains("two auxiliary"));
  SessionBuilder negative(1);
  CHECK_THROWS_WITH(negative.on(TokensEvicted{EpisodeId{0}, 0, 0, {-4, 8}, 4}),
                    Contains("can't be"));
  SessionBuilder long_aux(200'000'000);
  long_aux.on(AuxForked{EpisodeId{0}, 0, 0, 0, 0});
  long_aux.on(filled(0, StepKind::prefill, kFive, Thread::auxiliary));
  CHECK_THROWS_WITH(long_aux.on(filled(5, StepKind::decode, kOne, Thread::auxiliary)),
                    Contains("token scale"));
  SessionBuilder huge(1'000'000'000);
  CHECK_THROWS_WITH(huge.on(filled(0, StepKind::prefill, kFive)), Contains("token scale"));
}

TEST_CASE(
    "An auxiliary thread outlasts its session if it still ran at the end, not if it had ended") {
  for (const int steps_alone : {0, 5}) {
    SessionBuilder builder(1);
    builder.on(EpisodeBegan{.episode = EpisodeId{0}});
    builder.on(filled(0, StepKind::prefill, kFive));
    builder.on(TurnBegan{.episode = EpisodeId{0}});
    builder.on(AuxForked{.episode = EpisodeId{0}});
    builder.on(filled(5, StepKind::prefill, kFive, Thread::auxiliary));
    for (int i = 0; i <= steps_alone; ++i) builder.on(filled(5 + i, StepKind::decode, kOne));
    builder.on(kEnded);
    const Session session = builder.take();
    CAPTURE(steps_alone);
    int forks = 0;
    for (const auto& operation : session.program) {
      const auto* fork = std::get_if<ForkAux>(&operation);
      if (fork == nullptr) continue;
      ++forks;
      CHECK(fork->outlasts == (steps_alone == 0));
    }
    CHECK(forks == 1);
  }
}
