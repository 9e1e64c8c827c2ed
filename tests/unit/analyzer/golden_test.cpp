// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "analyzer/distance_profile.h"
#include "analyzer/stack_distance.h"
#include "tests/support/golden_stream.h"

/// Against an independent program: libCacheSim's stack distances and LRU miss ratios of three
/// seeded streams. The files aren't part of the repository.
namespace pagequest::analyzer {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(PQ_SHARED_DATA) / "cache_golden";

std::vector<std::int32_t> read_stream(const std::string& name) {
  return testing::read_golden_stream<std::int32_t>(kGolden / (name + ".u32.gz"));
}

DistanceProfile measured(const std::vector<std::int32_t>& ids) {
  StackDistance stack;
  for (const std::int32_t& id : ids) stack.access({&id, 1});
  return {.warm = stack.histogram(), .cold = stack.cold(), .resident = 0, .steps = ids.size()};
}

std::map<std::size_t, std::uint64_t> golden_distances(const std::string& name) {
  std::ifstream file(kGolden / (name + ".stack_distance.csv"));
  std::string line;
  std::getline(file, line);
  std::map<std::size_t, std::uint64_t> counts;
  std::size_t distance = 0;
  std::uint64_t count = 0;
  for (char comma = 0; file >> distance >> comma >> count;) counts[distance] = count;
  return counts;
}

/// LRU miss ratio by capacity, as printed with four decimals.
std::map<std::size_t, double> golden_miss_ratios(const std::string& name) {
  std::ifstream file(kGolden / "miss_ratios.csv");
  std::map<std::size_t, double> ratios;
  for (std::string line; std::getline(file, line);) {
    const std::string prefix = name + ",LRU,";
    if (line.rfind(prefix, 0) != 0) continue;
    std::istringstream rest(line.substr(prefix.size()));
    std::size_t capacity = 0;
    double requests = 0;
    double ratio = 0;
    char comma = 0;
    rest >> capacity >> comma >> requests >> comma >> ratio;
    ratios[capacity] = ratio;
  }
  return ratios;
}

bool golden_files_are_missing() {
  if (std::filesystem::exists(kGolden)) return false;
  WARN("SKIPPED: no golden cache figures in " << kGolden);
  SUCCEED("skipped");
  return true;
}

TEST_CASE("stack distances equal libCacheSim's on its own streams") {
  const std::string name = GENERATE("zipf_200k", "loop_200k", "kv_128steps");
  if (golden_files_are_missing()) return;
  auto ids = read_stream(name);
  ids.erase(ids.begin());  // its tool drops the first request: the second of that page is cold
  const auto profile = measured(ids);
  const auto golden = golden_distances(name);
  REQUIRE(golden.size() > 100);
  std::map<std::size_t, std::uint64_t> counts;
  for (std::size_t d = 0; d < profile.warm.size(); ++d) {
    if (profile.warm[d] > 0) counts[d] = profile.warm[d];
  }
  CHECK((counts == golden));
}

TEST_CASE("miss ratios from the distances equal libCacheSim's LRU") {
  const std::string name = GENERATE("zipf_200k", "loop_200k", "kv_128steps");
  if (golden_files_are_missing()) return;
  const auto profile = measured(read_stream(name));
  const auto hits = profile.hits_by_size();
  const auto golden = golden_miss_ratios(name);
  REQUIRE(golden.size() > 3);
  for (const auto& [capacity, ratio] : golden) {
    CAPTURE(capacity);
    const auto hit = hits[std::min(capacity, hits.size() - 1)];
    const double missed = 1 - static_cast<double>(hit) / static_cast<double>(profile.accesses());
    CHECK(missed == Approx(ratio).margin(0.00005001));
  }
}

}  // namespace
}  // namespace pagequest::analyzer
