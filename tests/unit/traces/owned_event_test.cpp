// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/owned_event.h"

#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/synthetic_trace.h"

using namespace pagequest;
using traces::OwnedEvent;
using traces::same_event;

TEST_CASE("an owned event keeps its numbers when the originals change") {
  std::vector<std::int32_t> tokens{1, 2, 3};
  TokensFilled filled{EpisodeId{0}, Thread::main, StepKind::prefill, 0, 0, 0, tokens};
  const OwnedEvent owned{Event(filled)};
  const std::vector<std::int32_t> original = tokens;
  tokens = {7, 8, 9};
  filled.tokens = original;
  CHECK(same_event(owned.view(), Event(filled)));
}

TEST_CASE("copies and moved events are equal to the event they come from") {
  traces::EventCollector collector;
  testing::emit_synthetic_trace({.captures = testing::all_captures()}, collector);
  for (const auto& owned : collector.events) {
    OwnedEvent copy = owned;
    CHECK(same_event(copy.view(), owned.view()));
    const OwnedEvent moved = std::move(copy);
    CHECK(same_event(moved.view(), owned.view()));
  }
}

TEST_CASE("events that differ in one mass or are of different kinds are not the same") {
  const std::vector<std::int32_t> pages{0};
  const std::vector<float> one{1.0F};
  const std::vector<float> almost{0.99999994F};
  const Event a = PagesAttended{EpisodeId{0}, Thread::main, 0, 1, 1, 1, pages, one, one};
  const Event b = PagesAttended{EpisodeId{0}, Thread::main, 0, 1, 1, 1, pages, almost, one};
  CHECK(same_event(a, a));
  CHECK_FALSE(same_event(a, b));
  CHECK_FALSE(same_event(a, Event(EpisodeBegan{EpisodeId{0}})));
}

TEST_CASE("events that differ in one captured number are not the same") {
  const std::vector<std::int32_t> zero{0};
  const std::vector<float> one{1.0F};
  const std::vector<std::uint64_t> bits{1};
  const PagesAttended plain{EpisodeId{0}, Thread::main, 0, 1, 1, 1, zero, one, one};
  const auto differs = [&plain](auto member, const auto& values) {
    PagesAttended other = plain;
    other.*member = values;
    return !same_event(Event(plain), Event(other)) && same_event(Event(other), Event(other));
  };
  CHECK(differs(&PagesAttended::first_page, zero));
  CHECK(differs(&PagesAttended::sink_share, one));
  CHECK(differs(&PagesAttended::query_head_mass, one));
  CHECK(differs(&PagesAttended::thresholds, one));
  CHECK(differs(&PagesAttended::tokens_above, bits));
  CHECK(differs(&PagesAttended::query_cosine, one));
  const std::vector<float> two{2.0F};
  const KeysBounded bounds{EpisodeId{0}, Thread::main, 0, 0, 1, 1, 1, one, two};
  KeysBounded other = bounds;
  other.highest = one;
  CHECK(same_event(Event(bounds), Event(bounds)));
  CHECK_FALSE(same_event(Event(bounds), Event(other)));
}

TEST_CASE("events that differ in their bits or in the keys that were read are not the same") {
  const TokensRequantised lower{EpisodeId{0}, 3, 0, 1, 0, {8, 4}, 4, 8, 4};
  TokensRequantised lowest = lower;
  lowest.value_bits = 2;
  CHECK(same_event(Event(lower), Event(lower)));
  CHECK_FALSE(same_event(Event(lower), Event(lowest)));
  const std::vector<std::int32_t> few{3};
  const std::vector<std::int32_t> more{4};
  const Event a = KeysRead{EpisodeId{0}, Thread::main, 3, 1, 1, few};
  CHECK(same_event(a, a));
  CHECK_FALSE(same_event(a, Event(KeysRead{EpisodeId{0}, Thread::main, 3, 1, 1, more})));
}
