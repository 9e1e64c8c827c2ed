// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/agent/tasks/hops_world.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

/// The last turn whose thought or call needs a display, by reading the expert's words: a search
/// result and a `find` display are used in the turn after; a document as long as a thought restates
/// a step (`SOURCE is ENTITY`) about its entity, up to where the value is noted.
int last_use_by_text(const std::vector<Segment>& segments, const Segment& display) {
  const auto words = split_words(display.text);
  if (words[3] != "=") return display.turn + 1;
  int last = display.turn + 1;
  for (const Segment& segment : segments) {
    if (segment.role != Role::model || segment.turn <= display.turn) continue;
    const auto thought = split_words(segment.text);
    for (std::size_t i = 1; i + 2 < thought.size(); ++i) {
      const bool restated =
          thought[i] == "is" && thought[i + 1] == words[2] && thought[i + 2] != thought[i - 1];
      if (restated) last = std::max(last, segment.turn);
      // The call of a `find` step names the document; its thought ends after the response.
      if (restated && segment.text.find("<call> find") != std::string::npos &&
          segment.text.find(std::string(words[2]) + " = ") != std::string::npos)
        last = std::max(last, segment.turn + 1);
    }
  }
  return last;
}

TEST_CASE("expired cursors agree with a reading of the expert's words") {
  const auto setting = GENERATE("short", "default");
  for (std::uint64_t index = 0; index < 60; ++index) {
    const HopsWorld world(find_hops_setting(setting), 21, index);
    const std::vector<Segment> segments = world.expert();
    for (int turn = 1; turn <= world.needed_calls(); ++turn) {
      std::vector<int> expected;
      for (const Segment& segment : segments)
        if (segment.role == Role::tool && segment.turn <= turn &&
            last_use_by_text(segments, segment) <= turn)
          expected.push_back(segment.cursor);
      CHECK(world.expired_cursors(turn) == expected);
    }
  }
}

TEST_CASE("expired cursors stay expired, and the newest display is alive") {
  for (std::uint64_t index = 0; index < 60; ++index) {
    const HopsWorld world(find_hops_setting("default"), 22, index);
    std::vector<int> before;
    for (int turn = 1; turn <= world.needed_calls(); ++turn) {
      const std::vector<int> now = world.expired_cursors(turn);
      CHECK(std::ranges::includes(now, before));
      CHECK(std::ranges::find(now, turn - 1) == now.end());
      before = now;
    }
  }
}

/// The numbers between `{"del_cursors":[` and `]}`.
std::vector<int> deleted_in(const std::string& text) {
  std::vector<int> cursors;
  const auto words = split_words(text);
  const auto open = std::ranges::find(words, "{\"del_cursors\":[");
  for (auto word = open + 1; *word != "]}"; ++word)
    if (*word != ",") cursors.push_back(std::stoi(std::string(*word)));
  std::ranges::sort(cursors);
  return cursors;
}

TEST_CASE("an auxiliary thread deletes the open cursors that hindsight expires") {
  for (std::uint64_t index = 0; index < 60; ++index) {
    const HopsWorld world(find_hops_setting("default"), 23, index);
    for (int turn = 2; turn <= world.needed_calls(); ++turn) {
      std::vector<int> open;  // every third display was deleted before
      for (int cursor = 0; cursor < turn; ++cursor)
        if (cursor % 3 != 1 || cursor + 1 == turn) open.push_back(cursor);
      std::vector<int> expected;
      std::ranges::set_intersection(world.expired_cursors(turn), open,
                                    std::back_inserter(expected));
      CHECK(deleted_in(world.auxiliary(turn, open)) == expected);
    }
  }
}

TEST_CASE("the auxiliary text ends with strict JSON and the stop word") {
  const HopsWorld world(find_hops_setting("default"), 23, 0);
  const std::vector<int> open = {0, 1, 2, 3};
  const std::string text = world.auxiliary(4, open);
  CHECK(text.find("{\"del_cursors\":[ ") != std::string::npos);
  CHECK(text.ends_with(" ]} </aux>"));
}

}  // namespace
}  // namespace pagequest::agent
