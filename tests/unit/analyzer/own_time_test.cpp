// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/own_time.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

namespace pagequest::analyzer {
namespace {

using Times = std::vector<std::int64_t>;
using traces::KernelRun;

KernelRun run(std::int32_t stream, std::int64_t start, std::int64_t duration) {
  return {.stream = stream, .start_ns = start, .duration_ns = duration};
}

TEST_CASE("runs behind one another keep their durations, in any order of the list") {
  CHECK(own_times_ns({}).empty());
  const std::vector<KernelRun> runs = {run(0, 100, 5), run(0, 0, 10), run(0, 10, 90)};
  CHECK(own_times_ns(runs) == Times{5, 10, 90});
}

TEST_CASE("an overlap counts for the run that began first") {
  const std::vector<KernelRun> runs = {run(3, 0, 10), run(3, 8, 12), run(3, 12, 4), run(3, 19, 6)};
  CHECK(own_times_ns(runs) == Times{10, 10, 0, 5});
}

TEST_CASE("runs of different or unknown streams do not shorten one another") {
  const std::vector<KernelRun> runs = {run(1, 0, 10), run(2, 5, 10), run(-1, 0, 7), run(-1, 0, 8)};
  CHECK(own_times_ns(runs) == Times{10, 10, 7, 8});
}

TEST_CASE("times that no run has give no negative and no endless own time") {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::vector<KernelRun> runs = {run(0, kMost - 5, kMost), run(0, kMost - 3, 100),
                                       run(1, 7, -4), run(-1, 7, -4)};
  CHECK(own_times_ns(runs) == Times{5, 0, 0, 0});
}

/// Nanoseconds of [0, 400) in which some run of the stream is at work, one by one.
std::int64_t busy_ns(const std::vector<KernelRun>& runs, std::int32_t stream) {
  std::int64_t busy = 0;
  for (std::int64_t t = 0; t < 400; ++t) {
    busy += std::any_of(runs.begin(), runs.end(), [&](const KernelRun& r) {
      return r.stream == stream && r.start_ns <= t && t < r.start_ns + r.duration_ns;
    });
  }
  return busy;
}

TEST_CASE("own times of a stream sum to the time in which it is at work") {
  Rng rng(3);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<KernelRun> runs;
    for (int i = rng.between(1, 40); i > 0; --i) {
      runs.push_back(run(rng.between(0, 2), rng.between(0, 300), rng.between(0, 60)));
    }
    const Times own = own_times_ns(runs);
    for (std::int32_t stream = 0; stream < 3; ++stream) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < runs.size(); ++i) sum += runs[i].stream == stream ? own[i] : 0;
      CHECK(sum == busy_ns(runs, stream));
    }
  }
}

}  // namespace
}  // namespace pagequest::analyzer
