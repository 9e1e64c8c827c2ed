// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/episode_meter.h"

#include <vector>

#include <catch2/catch.hpp>

using namespace pagequest;
using pagequest::agent::EpisodeMeter;

namespace {

constexpr EpisodeId kEpisode{4};

void fill(EpisodeMeter& meter, Thread thread, StepKind kind, std::size_t count) {
  const std::vector<std::int32_t> tokens(count, 1);
  meter.on(TokensFilled{.episode = kEpisode,
                        .thread = thread,
                        .kind = kind,
                        .step = 0,
                        .iteration = 0,
                        .first = 0,
                        .tokens = tokens});
}

}  // namespace

TEST_CASE("Peak tokens are those before the eviction, with and without the auxiliary thread") {
  NullSink sink;
  EpisodeMeter meter(sink);
  meter.on(EpisodeBegan{kEpisode});
  fill(meter, Thread::main, StepKind::prefill, 100);  // main 100
  meter.on(AuxForked{.episode = kEpisode, .turn = 4, .step = 0, .fork_point = 100});
  fill(meter, Thread::auxiliary, StepKind::prefill, 5);  // main 100, aux 5
  fill(meter, Thread::main, StepKind::decode, 1);        // main 101, aux 5
  fill(meter, Thread::auxiliary, StepKind::decode, 1);   // main 101, aux 6
  meter.on(AuxJoined{.episode = kEpisode, .turn = 5, .tokens = 6, .parsed = true});
  meter.on(
      TokensEvicted{.episode = kEpisode, .step = 1, .turn = 5, .span = {10, 40}, .tokens = 40});
  fill(meter, Thread::main, StepKind::decode, 1);  // main 62
  const auto& totals = meter.totals(kEpisode);
  CHECK(totals.live_tokens == 62);
  CHECK(totals.peak_tokens == 101);
  CHECK(totals.peak_tokens_with_aux == 107);
  CHECK(totals.aux_tokens == 6);
}

TEST_CASE("KV reads are the live tokens of every decode step of both threads") {
  NullSink sink;
  EpisodeMeter meter(sink);
  meter.on(EpisodeBegan{kEpisode});
  fill(meter, Thread::main, StepKind::prefill, 10);
  meter.on(AuxForked{.episode = kEpisode, .turn = 4, .step = 0, .fork_point = 10});
  fill(meter, Thread::auxiliary, StepKind::prefill, 3);
  fill(meter, Thread::main, StepKind::decode, 1);       // reads 11
  fill(meter, Thread::auxiliary, StepKind::decode, 1);  // reads the 10 shared ones and its own 4
  CHECK(meter.totals(kEpisode).kv_reads_tokens == 11 + 14);
}

TEST_CASE("A step that selected its keys has read those, each step rounded") {
  NullSink sink;
  EpisodeMeter meter(sink);
  const auto select = [&](Thread thread, std::int32_t first_head, std::int32_t second_head) {
    const std::vector<std::int32_t> tokens{first_head, second_head};
    meter.on(KeysRead{kEpisode, thread, 0, 1, 2, tokens});
  };
  meter.on(EpisodeBegan{kEpisode});
  fill(meter, Thread::main, StepKind::prefill, 10);
  fill(meter, Thread::main, StepKind::decode, 1);
  select(Thread::main, 4, 7);                      // 5.5, rounded to 6
  fill(meter, Thread::main, StepKind::decode, 1);  // reads 12
  meter.on(AuxForked{.episode = kEpisode, .turn = 4, .step = 0, .fork_point = 12});
  fill(meter, Thread::auxiliary, StepKind::prefill, 3);
  fill(meter, Thread::auxiliary, StepKind::decode, 1);
  select(Thread::auxiliary, 4, 4);
  CHECK(meter.totals(kEpisode).kv_reads_tokens == 6 + 12 + 4);
}
