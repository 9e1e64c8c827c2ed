// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/manifest.h"

#include <limits>

#include "simulator/sweep/point_result.h"
#include "tests/unit/sweep/sweep_support.h"

namespace pagequest::simulator {
namespace {

SweepPlan some_plan() {
  return planned(
      "fixed: {machine: \"h100, \\\"x\\\"\"}\n"
      "axes: {policy: [full, h2o], concurrency: [1, 2, 3]}\n"
      "search: {maximise: [a], minimise: [b], points: 6}\n");
}

std::string fault_of_manifest(const std::string& text) {
  return message_of([&] { return parse_manifest(text, "m.jsonl"); });
}

TEST_CASE("A manifest is read as it was written") {
  const SweepPlan plan = some_plan();
  const std::string text = manifest_text(plan);
  const SweepPlan read = parse_manifest(text, "m.jsonl");
  CHECK(read.file == plan.file);
  CHECK(read.ids == plan.ids);
  CHECK(manifest_text(read) == text);
}

TEST_CASE("A manifest that ends early is refused at any byte") {
  const std::string text = manifest_text(some_plan());
  // Without the last newline it is still whole.
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    if (fault_of_manifest(text.substr(0, size)).find("m.jsonl, line ") != std::string::npos)
      continue;
    FAIL("accepted " << size << " of " << text.size() << " bytes");
  }
  CHECK(fault_of_manifest(text).empty());
}

TEST_CASE("A manifest with foreign lines is refused with the line") {
  const std::string text = manifest_text(some_plan());
  CHECK(fault_of_manifest(text + "{}\n").find("line 8") != std::string::npos);
  std::string other = text;
  const auto at = other.rfind("\"3\"");
  other.replace(at, 3, "\"4\"");
  CHECK(fault_of_manifest(other).find("line 7") != std::string::npos);
  CHECK(fault_of_manifest("[1]\n").find("line 1") != std::string::npos);
  CHECK(fault_of_manifest("{\"format\":\"x\"}\n").find("another format") != std::string::npos);
}

TEST_CASE("A result is read as it was written, bit for bit") {
  const PointResult result{.metrics = {{"a", 0.1 + 0.2}, {"b", 1e-300}, {"c", 7.0}}, .error = {}};
  const auto read = parse_result(result_text("id", {{"x", "1"}}, result), "id");
  REQUIRE(read);
  CHECK(read->metrics == result.metrics);
  CHECK(read->error.empty());
}

TEST_CASE("A failed point is a result with its reason") {
  const auto read = parse_result(result_text("id", {}, {.metrics = {}, .error = "no room"}), "id");
  REQUIRE(read);
  CHECK(read->error == "no room");
}

TEST_CASE("Metrics that are not finite are left out of a result") {
  const PointResult result{.metrics = {{"a", std::numeric_limits<double>::infinity()}, {"b", 1.0}},
                           .error = {}};
  const auto read = parse_result(result_text("id", {}, result), "id");
  REQUIRE(read);
  CHECK(read->metrics == std::map<std::string, double>{{"b", 1.0}});
}

TEST_CASE("A result that is cut, foreign or of another point counts as none") {
  const std::string text = result_text("id", {{"x", "1"}}, {.metrics = {{"a", 1.5}}, .error = {}});
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    if (!parse_result(text.substr(0, size), "id")) continue;
    FAIL("accepted " << size << " of " << text.size() << " bytes");
  }
  CHECK(parse_result(text, "id"));
  CHECK(!parse_result(text, "other"));
  CHECK(!parse_result("{\"id\":\"id\"}", "id"));
  CHECK(!parse_result("{\"id\":\"id\",\"metrics\":{\"a\":\"x\"}}", "id"));
  CHECK(!parse_result(std::string(100000, '['), "id"));
}

}  // namespace
}  // namespace pagequest::simulator
