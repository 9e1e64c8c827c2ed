// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/event_queue.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

using namespace pagequest::simulator;

namespace {

std::vector<SimEvent> drained(const std::vector<SimEvent>& events) {
  EventQueue queue;
  for (const auto& event : events) queue.push(event);
  std::vector<SimEvent> out;
  while (!queue.empty()) out.push_back(queue.pop());
  return out;
}

}  // namespace

TEST_CASE("Permuting the insertion of equal-time events changes nothing") {
  std::vector<SimEvent> events = {{5, Phase::iteration_end, 0},   {5, Phase::tool_response, 1},
                                  {5, Phase::tool_response, 2},   {5, Phase::arrival, 1},
                                  {5, Phase::iteration_start, 0}, {5, Phase::arrival, 3}};
  std::sort(events.begin(), events.end());
  const std::vector<SimEvent> expected = events;
  int permutations = 0;
  do {
    REQUIRE(drained(events) == expected);
    ++permutations;
  } while (std::next_permutation(events.begin(), events.end()));
  CHECK(permutations == 720);
}

TEST_CASE("Events come by time, then phase, then subject") {
  const auto order = drained({{2, Phase::iteration_end, 0},
                              {1, Phase::iteration_start, 0},
                              {1, Phase::arrival, 9},
                              {1, Phase::arrival, 4},
                              {1, Phase::iteration_end, 0}});
  CHECK(order == std::vector<SimEvent>{{1, Phase::iteration_end, 0},
                                       {1, Phase::arrival, 4},
                                       {1, Phase::arrival, 9},
                                       {1, Phase::iteration_start, 0},
                                       {2, Phase::iteration_end, 0}});
}
