// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/sweep_plan.h"

#include <set>

#include "tests/unit/sweep/sweep_support.h"

namespace pagequest::simulator {
namespace {

const std::string kSixPoints =
    "fixed: {machine: h100}\n"
    "axes: {policy: [full, h2o], concurrency: [1, 2, 3]}\n";

TEST_CASE("The points are all combinations, the last axis fastest") {
  const SweepPlan plan = planned(kSixPoints);
  REQUIRE(plan.size() == 6);
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const auto settings = settings_of(plan.file, i);
    CHECK(settings.at("machine") == "h100");
    seen.push_back(settings.at("policy") + settings.at("concurrency"));
    CHECK(point_at(plan.file, coordinates_of(plan.file, i)) == i);
  }
  CHECK(seen == std::vector<std::string>{"full1", "full2", "full3", "h2o1", "h2o2", "h2o3"});
}

TEST_CASE("A point's id depends on its settings, not on the sweep that it is part of") {
  const SweepPlan plan = planned(kSixPoints);
  const SweepPlan other =
      planned("axes: {concurrency: [9, 2], policy: [h2o], machine: [a100, h100]}\n");
  CHECK(std::set<std::string>(plan.ids.begin(), plan.ids.end()).size() == 6);
  CHECK(plan.ids.at(4) == other.ids.at(3));  // h2o, 2, h100
  CHECK(plan.ids.at(4).size() == 32);
}

TEST_CASE("Ids keep names and values apart") {
  CHECK(point_id({{"a", "bc"}}) != point_id({{"ab", "c"}}));
  CHECK(point_id({{"a", ""}}) != point_id({{"a", std::string(1, '\0')}}));
  CHECK(point_id({{"a", "b"}, {"c", "d"}}) != point_id({{"a", "bcd"}}));
}

TEST_CASE("An id is the same in every build") {
  // A change would make all results of users' sweeps strangers.
  CHECK(point_id({{"concurrency", "8"}, {"machine", "h100"}}) ==
        "54cafc8e18ebf5b3c8ad08585338fb73");
}

TEST_CASE("Two values that resolve to one configuration are an error") {
  const auto file = parse_sweep("axes: {share: [1, 1.0]}", "s.yaml", test_names());
  const auto resolve = [](SweepSettings settings) {
    settings["share"] = "1";
    return settings;
  };
  CHECK(message_of([&] { return plan_sweep(file, resolve); }).find("points 0 and 1") !=
        std::string::npos);
}

}  // namespace
}  // namespace pagequest::simulator
