// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/run_points.h"

#include <atomic>
#include <numeric>
#include <set>
#include <stdexcept>

#include <catch2/catch.hpp>

namespace pagequest::simulator {
namespace {

std::vector<std::size_t> first_points(std::size_t count) {
  std::vector<std::size_t> points(count);
  std::iota(points.begin(), points.end(), std::size_t{10});
  return points;
}

TEST_CASE("Every point is evaluated and told once, whatever the number of threads") {
  for (const int jobs : {1, 2, 7}) {
    std::atomic<int> evaluated = 0;
    std::set<std::size_t> told;
    const SweepWork work{.evaluate =
                             [&](std::size_t point) {
                               ++evaluated;
                               return std::to_string(point * point);
                             },
                         .finished =
                             [&](std::size_t point, const std::string& text) {
                               CHECK(text == std::to_string(point * point));
                               CHECK(told.insert(point).second);
                             },
                         .stop = [] { return false; }};
    CHECK(run_points(first_points(100), jobs, work));
    CHECK(evaluated == 100);
    CHECK(told.size() == 100);
  }
}

TEST_CASE("No points are done at once") {
  const SweepWork work{.evaluate = [](std::size_t) { return std::string(); },
                       .finished = [](std::size_t, const std::string&) {},
                       .stop = [] { return false; }};
  CHECK(run_points({}, 2, work));
}

TEST_CASE("A stop lets running points end and starts no others") {
  std::atomic<int> evaluated = 0;
  int told = 0;
  const SweepWork work{.evaluate =
                           [&](std::size_t) {
                             ++evaluated;
                             return std::string();
                           },
                       .finished = [&](std::size_t, const std::string&) { ++told; },
                       .stop = [&] { return told > 0; }};
  CHECK(!run_points(first_points(1'000'000), 2, work));
  CHECK(told == evaluated);
}

TEST_CASE("The first error is thrown after what was running has ended") {
  std::atomic<int> running = 0;
  const SweepWork work{.evaluate = [&](std::size_t point) -> std::string {
                         ++running;
                         if (point == 13) {
                           --running;
                           throw std::runtime_error("thirteen");
                         }
                         --running;
                         return {};
                       },
                       .finished = [](std::size_t, const std::string&) {},
                       .stop = [] { return false; }};
  CHECK_THROWS_WITH(run_points(first_points(50), 3, work), "thirteen");
  CHECK(running == 0);
}

TEST_CASE("Other workers take points from the same queue") {
  std::set<std::size_t> elsewhere;
  std::set<std::size_t> told;
  const OtherWorkers others{.serve =
                                [&](PointQueue& queue) {
                                  if (const auto point = queue.take()) {
                                    elsewhere.insert(*point);
                                    queue.finish({*point, "there"});
                                  }
                                },
                            .interval = std::chrono::milliseconds(1)};
  const SweepWork work{.evaluate = [](std::size_t) { return std::string("here"); },
                       .finished =
                           [&](std::size_t point, const std::string& text) {
                             told.insert(point);
                             CHECK((text == "there") == elsewhere.contains(point));
                           },
                       .stop = [] { return false; }};
  CHECK(run_points(first_points(40), 0, work, others));
  CHECK(told.size() == 40);
  CHECK(elsewhere.size() == 40);
}

}  // namespace
}  // namespace pagequest::simulator
