// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/tiers/link.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

namespace pagequest::simulator {
namespace {

constexpr double kGigabyte = 1e9;  // per second: one byte a nanosecond

struct Job {
  Nanoseconds start;
  double bytes;
};

/// Ends by transfer; transfers are named 0, 1, ... in order of their starts.
std::vector<Nanoseconds> run(Link& link, const std::vector<Job>& jobs) {
  for (std::size_t i = 0; i < jobs.size(); ++i) link.start(jobs[i].start, i, jobs[i].bytes);
  std::vector<Nanoseconds> ends(jobs.size());
  for (auto end = link.pop(link.next_end()); end; end = link.pop(link.next_end())) {
    ends[end->transfer] = end->time;
    if (link.next_end() == std::numeric_limits<Nanoseconds>::max()) break;
  }
  return ends;
}

/// The same by the definition: what is left of each, piece by piece between starts and ends.
std::vector<double> fluid(const std::vector<Job>& jobs) {
  std::vector<double> left;
  std::vector<double> ends(jobs.size(), -1.0);
  double now = 0.0;
  for (std::size_t next = 0;;) {
    const auto active = std::count_if(left.begin(), left.end(), [](double x) { return x > 0.0; });
    double least = 1e300;
    for (const double x : left) least = x > 0.0 ? std::min(least, x) : least;
    const double end = active > 0 ? now + least * static_cast<double>(active) : 1e300;
    const double start = next < jobs.size() ? static_cast<double>(jobs[next].start) : 1e300;
    if (std::min(end, start) >= 1e300) return ends;
    const double to = std::min(end, start);
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i] <= 0.0) continue;
      left[i] -= (to - now) / static_cast<double>(active);
      if (left[i] > 1e-6) continue;
      left[i] = 0.0;
      ends[i] = to;
    }
    now = to;
    if (start <= end) left.push_back(jobs[next++].bytes);
  }
}

std::vector<Job> poisson_jobs(Rng& rng, std::size_t count, double mean_gap_ns) {
  std::vector<Job> jobs;
  double now = 0.0;
  while (jobs.size() < count) {
    now += -mean_gap_ns * std::log1p(-rng.uniform());
    jobs.push_back({static_cast<Nanoseconds>(now), rng.chance(0.8) ? 1000.0 : 16000.0});
  }
  return jobs;
}

TEST_CASE("A transfer alone takes its latency and its bytes over the bandwidth") {
  Link link(2 * kGigabyte, 5e-6);
  CHECK(link.next_end() == std::numeric_limits<Nanoseconds>::max());
  link.start(100, 7, 3000.0);
  CHECK(link.next_end() == 100 + 5000 + 1500);
  CHECK_FALSE(link.pop(6599));
  const auto end = link.pop(10'000);
  REQUIRE(end);
  CHECK(end->time == 6600);
  CHECK(end->transfer == 7);
  CHECK(link.busy_s() == Approx(1.5e-6));
}

TEST_CASE("Two equal transfers take twice as long") {
  Link link(kGigabyte, 0.0);
  CHECK(run(link, {{0, 1000.0}, {0, 1000.0}}) == std::vector<Nanoseconds>{2000, 2000});
}

TEST_CASE("A short transfer that starts midway delays a long one by its own length") {
  Link link(kGigabyte, 0.0);
  // From 4000 on each gets half: 1000 bytes take 2000 ns, and the long one ends at 11000.
  CHECK(run(link, {{0, 10'000.0}, {4000, 1000.0}}) == std::vector<Nanoseconds>{11'000, 6000});
}

TEST_CASE("A latency moves all ends by itself, and shares as if it were not there") {
  Link link(kGigabyte, 1e-6);
  CHECK(run(link, {{0, 10'000.0}, {4000, 1000.0}}) == std::vector<Nanoseconds>{12'000, 7000});
}

TEST_CASE("Asking a link does not change it") {
  Link asked(kGigabyte, 0.0);
  Link left_alone(kGigabyte, 0.0);
  for (Link* link : {&asked, &left_alone}) {
    for (std::uint64_t i = 0; i < 7; ++i) link->start(0, i, 1000.0 + static_cast<double>(i));
  }
  for (Nanoseconds now = 1; now < 6900; now += 3) CHECK_FALSE(asked.pop(now));
  CHECK(asked.next_end() == left_alone.next_end());
}

TEST_CASE("Random transfers end as the fluid that defines processor sharing does") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed);
    const auto jobs = poisson_jobs(rng, 60, 4000.0);
    Link link(kGigabyte, 0.0);
    const auto ends = run(link, jobs);
    const auto expected = fluid(jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      INFO("seed " << seed << ", transfer " << i);
      CHECK(std::abs(static_cast<double>(ends[i]) - expected[i]) <= 1.1);
    }
  }
}

TEST_CASE("A link works while there is work, and no more than that") {
  Rng rng(3);
  const auto jobs = poisson_jobs(rng, 20'000, 4500.0);
  double bytes = 0.0;
  for (const Job& job : jobs) bytes += job.bytes;
  Link link(kGigabyte, 0.0);
  run(link, jobs);
  // Half a tick of rounding a transfer, of its bytes.
  CHECK(std::abs(link.busy_s() * 1e9 - bytes) <= static_cast<double>(jobs.size()) / 1024.0);
}

TEST_CASE("Mean times of Poisson transfers are those of M/G/1 processor sharing") {
  // Kleinrock II, 4.4: E[T | x bytes] = x / (1 - load), whatever the distribution of the sizes.
  Rng rng(11);
  const auto jobs = poisson_jobs(rng, 400'000, 6666.7);  // mean 4000 bytes: a load of 0.6
  Link link(kGigabyte, 0.0);
  const auto ends = run(link, jobs);
  for (const double bytes : {1000.0, 16000.0}) {
    double time = 0.0;
    double count = 0.0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (jobs[i].bytes < bytes || jobs[i].bytes > bytes) continue;
      time += static_cast<double>(ends[i] - jobs[i].start);
      ++count;
    }
    CHECK(time / count == Approx(bytes / 0.4).epsilon(0.03));
  }
}

}  // namespace
}  // namespace pagequest::simulator
