// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <numeric>
#include <string>

#include <catch2/catch.hpp>

#include "engine/agent/tasks/hops_world.h"
#include "engine/agent/tasks/task.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

constexpr int kEpisodes = 60;

struct Size {
  int turns = 0;
  int words = 0;
};

Size size_of(const ExpertWorld& world) {
  Size size;
  for (const Segment& segment : world.expert()) {
    size.turns = std::max(size.turns, segment.turn);
    size.words += static_cast<int>(split_words(segment.text).size());
  }
  return size;
}

std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == std::string::npos) return {};
  return text.substr(from + begin.size(), text.find(end) - from - begin.size());
}

TEST_CASE("the expert solves its own world strictly") {
  const auto setting = GENERATE("tiny", "short", "default", "long");
  for (std::uint64_t index = 0; index < kEpisodes; ++index) {
    const auto world = make_world("pocket-hops", setting, 9, index);
    int calls = 0;
    std::string answer;
    for (const Segment& segment : world->expert()) {
      const std::string call = between(segment.text, "<call> ", " </call>");
      if (segment.role == Role::model && !call.empty()) CHECK(world->call(call).cursor == calls++);
      if (segment.role == Role::model) answer = between(segment.text, "<answer> ", " </answer>");
    }
    CHECK(calls == world->needed_calls());
    CHECK(world->grade(answer).strict);
    CHECK_FALSE(world->grade(answer + " x").correct);
    world->call("search a0 bob");
    CHECK(world->grade(answer).correct);
    CHECK_FALSE(world->grade(answer).strict);
  }
}

TEST_CASE("episodes keep to the ranges of their setting") {
  struct Bounds {
    std::string_view setting;
    int words_low, words_high, turns_low, turns_high;
  };
  const auto bounds =
      GENERATE(Bounds{"short", 300, 1000, 6, 20}, Bounds{"default", 1000, 2000, 6, 20},
               Bounds{"long", 2000, 6000, 6, 20});
  for (std::uint64_t index = 0; index < kEpisodes; ++index) {
    const Size size = size_of(*make_world("pocket-hops", bounds.setting, 4, index));
    CHECK(size.words >= bounds.words_low);
    CHECK(size.words <= bounds.words_high);
    CHECK(size.turns >= bounds.turns_low);
    CHECK(size.turns <= bounds.turns_high);
  }
}

TEST_CASE("a third or more of the default steps go back for a new fact") {
  int back = 0;
  int steps = 0;
  for (std::uint64_t index = 0; index < kEpisodes; ++index) {
    const HopsWorld world(find_hops_setting("default"), 4, index);
    for (const Step& step : world.plan().steps) {
      back += step.kind == StepKind::back || step.kind == StepKind::find;
      steps += step.kind != StepKind::compare;
    }
  }
  CHECK(back > 0.35 * steps);
  CHECK(back < 0.5 * steps);
}

TEST_CASE("every asked fact is displayed, and the question alone doesn't hold it") {
  for (std::uint64_t index = 0; index < kEpisodes; ++index) {
    const HopsWorld world(find_hops_setting("default"), 4, index);
    std::string displayed;
    for (const Segment& segment : world.expert())
      if (segment.role == Role::tool) displayed += ' ' + segment.text;
    for (const Step& step : world.plan().steps) {
      if (step.kind == StepKind::compare) continue;
      const std::string fact = world.plan().value_of(step.source) + ' ' +
                               std::string(step.relation) + ' ' + step.value + " ;";
      CHECK(displayed.find(fact) != std::string::npos);
    }
  }
}

TEST_CASE("labels rise along the question and each entity has one label") {
  for (std::uint64_t index = 0; index < kEpisodes; ++index) {
    const HopsWorld world(find_hops_setting("long"), 4, index);
    int last = -1;
    std::map<std::string, int> owners;
    for (const Root& root : world.plan().roots) {
      CHECK(root.label > last);
      last = root.label;
      CHECK(owners.emplace(root.entity, root.label).second);
    }
    for (const Step& step : world.plan().steps) {
      CHECK(step.label > last);
      CHECK(step.source < step.label);
      last = step.label;
    }
  }
}

}  // namespace
}  // namespace pagequest::agent
