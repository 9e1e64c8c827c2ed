// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_results.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/bench/gpu_benchmarks.h"
#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"

namespace pagequest::bench {
namespace {

using nlohmann::json;
using testing::TemporaryFolder;

const GpuRun kRun = {.date = "2026-01-31", .commit = "abc", .tools = {{"cxx", "g++ 12"}}};

GpuResults stored_and_read(const GpuResults& results, const std::filesystem::path& file) {
  results.save();
  return GpuResults::read(file);
}

json stored(const GpuResults& results, const std::filesystem::path& file) {
  results.save();
  return json::parse(testing::content_of(file));
}

TEST_CASE("What has been added so far is in the file as documented") {
  const TemporaryFolder folder;
  GpuResults results = GpuResults::begin(folder / "r.json", kRun);
  CHECK(complaints_about_gpu_results(stored(results, folder / "r.json").dump()).empty());
  results.set_device({.name = "H", .compute_capability = "9.0", .multiprocessors = 132});
  results.set_clocks({{"memory_mhz", 2619.0}});
  results.set_ceiling(kCopyCeiling, 3000.0);
  results.add(GpuStep{.name = "build", .seconds = 1.5});
  results.add(TestSuite{.name = "gpu", .passed = 3, .failures = {}, .completed = true});
  results.add(SanitizerRun{.tool = "memcheck", .state = SanitizerState::clean});
  results.add(GpuFigure{"decode_8b_b1", 150.0, 0.8, {{"context", 1024.0}}});
  const json file = stored(results, folder / "r.json");
  CHECK(complaints_about_gpu_results(file.dump()).empty());
  CHECK(file.at("device") == "H");
  CHECK(file.at("clocks").at("memory_mhz") == 2619.0);
  CHECK(file.at("tools").at("cxx") == "g++ 12");
  CHECK(file.at("copy_gbps") == 3000.0);
  CHECK(file.at("matmul_tflops").is_null());
  CHECK(file.at("tests").at("passed") == 3);
  CHECK(file.at("benchmarks").at("decode_8b_b1").at("details").at("context") == 1024.0);
}

TEST_CASE("A results file that is read and changed keeps the rest") {
  const TemporaryFolder folder;
  GpuResults first = GpuResults::begin(folder / "r.json", kRun);
  first.set_ceiling(kMatmulCeiling, 700.0);
  first.add(GpuFigure{"prefill_8b_8k", 350.0, 0.5, {}});
  GpuResults second = stored_and_read(first, folder / "r.json");
  CHECK(second.ceiling(kMatmulCeiling) == 700.0);
  CHECK_FALSE(second.ceiling(kCopyCeiling).has_value());
  second.add(GpuFigure{"gemv_bf16", 2500.0, 0.9, {}});
  const json benchmarks = stored(second, folder / "r.json").at("benchmarks");
  CHECK(benchmarks.contains("prefill_8b_8k"));
  CHECK(benchmarks.contains("gemv_bf16"));
}

TEST_CASE("A share meets its target from the target on, an overhead up to it") {
  const TemporaryFolder folder;
  GpuResults results = GpuResults::begin(folder / "r.json", kRun);
  const auto is_met = [&](const GpuFigure& figure) {
    results.add(figure);
    return stored(results, folder / "r.json").at("benchmarks").at(figure.name).at("met");
  };
  CHECK(is_met({"decode_8b_b1", 1.0, 0.75, {}}) == true);
  CHECK(is_met({"decode_8b_b1", 1.0, 0.7499, {}}) == false);
  CHECK(is_met({"decode_8b_b1", 1.0, {}, {}}) == false);
  CHECK(is_met({"capture_overhead", 0.03, {}, {}}) == true);
  CHECK(is_met({"capture_overhead", 0.031, {}, {}}) == false);
  CHECK(is_met({"capture_overhead", -0.01, {}, {}}) == true);
}

TEST_CASE(
    "Failed tests and steps and what sanitizers find make a run fail, missed targets do not") {
  const TemporaryFolder folder;
  GpuResults results = GpuResults::begin(folder / "r.json", kRun);
  results.add(TestSuite{.name = "gpu", .passed = 2, .failures = {}, .completed = true});
  results.add(GpuStep{.name = "memcheck", .state = StepState::skipped});
  results.add(GpuFigure{"decode_8b_b1", 1.0, 0.1, {}});
  results.add(SanitizerRun{.tool = "racecheck", .state = SanitizerState::incomplete});
  REQUIRE_FALSE(results.failed());
  SECTION("a failed test") {
    results.add(TestSuite{.name = "gpu", .failed = 1, .failures = {"A"}, .completed = true});
    CHECK(results.failed());
  }
  SECTION("tests that were not run to their end") {
    results.add(TestSuite{.name = "gpu", .passed = 2, .failures = {}, .completed = false});
    CHECK(results.failed());
  }
  SECTION("a step") {
    results.add(GpuStep{.name = "build", .state = StepState::timed_out});
    CHECK(results.failed());
  }
  SECTION("a sanitizer") {
    results.add(SanitizerRun{.tool = "racecheck", .state = SanitizerState::errors, .errors = 1});
    CHECK(results.failed());
  }
}

TEST_CASE("A step that is added again replaces the first") {
  const TemporaryFolder folder;
  GpuResults results = GpuResults::begin(folder / "r.json", kRun);
  results.add(GpuStep{.name = "tests", .state = StepState::failed});
  results.add(GpuStep{.name = "tests", .state = StepState::done, .seconds = 2.0});
  const json steps = stored(results, folder / "r.json").at("steps");
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].at("state") == "done");
}

TEST_CASE("The table has a line for each figure, no longer than 80 characters") {
  const TemporaryFolder folder;
  GpuResults results = GpuResults::begin(folder / "r.json", kRun);
  results.set_ceiling(kCopyCeiling, 3012.5);
  for (const GpuBenchmark& row : gpu_benchmarks()) {
    results.add(GpuFigure{std::string(row.name), 123456.0, 0.123, {}});
  }
  results.add(TestSuite{.name = "gpu", .failed = 1, .failures = {std::string(200, 'x')}});
  results.add(SanitizerRun{.tool = "memcheck", .detail = std::string(200, 'y')});
  const std::string table = results.table();
  for (const GpuBenchmark& row : gpu_benchmarks()) {
    INFO(row.name);
    CHECK(table.find(row.name) != std::string::npos);
  }
  CHECK(table.find("MISSED") != std::string::npos);
  CHECK(table.find("3012") != std::string::npos);
  std::size_t longest = 0;
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = table.find('\n', at);
    REQUIRE(end != std::string::npos);
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  CHECK(longest <= 80);
}

TEST_CASE("Each departure from the documented fields is complained about by name") {
  const TemporaryFolder folder;
  GpuResults results = GpuResults::begin(folder / "r.json", kRun);
  results.add(GpuFigure{"decode_8b_b1", 150.0, 0.8, {}});
  results.add(GpuStep{.name = "build"});
  const json good = stored(results, folder / "r.json");
  const auto complaint_after = [&](const char* pointer, const json& value) {
    json changed = good;
    changed[json::json_pointer(pointer)] = value;
    const auto complaints = complaints_about_gpu_results(changed.dump());
    return complaints.empty() ? std::string() : complaints.front();
  };
  CHECK(complaint_after("/schema", 2).starts_with("schema"));
  CHECK(complaint_after("/copy_gbps", -1.0).starts_with("copy_gbps"));
  CHECK(complaint_after("/date", "today").starts_with("date"));
  CHECK(complaint_after("/tests/failed", "one").starts_with("tests.failed"));
  CHECK(complaint_after("/benchmarks/other", json::object()).starts_with("benchmarks.other"));
  CHECK(complaint_after("/benchmarks/decode_8b_b1/share", "80 %").find("share") !=
        std::string::npos);
  CHECK(complaint_after("/steps/0/state", "fine").find("state") != std::string::npos);
  CHECK(complaints_about_gpu_results("[]").size() == 1);
  CHECK(complaints_about_gpu_results("{").size() == 1);
}

TEST_CASE("A file that is no results file is refused by name") {
  const TemporaryFolder folder;
  const std::string file = (folder / "other.json").string();
  CHECK_THROWS_WITH(GpuResults::read(file), Catch::Contains("other.json"));
  std::ofstream(file) << "{}";
  CHECK_THROWS_WITH(GpuResults::read(file), Catch::Contains("schema is missing"));
}

TEST_CASE("A results file in a folder that does not exist cannot be written") {
  const TemporaryFolder folder;
  const GpuResults results = GpuResults::begin(folder / "missing/r.json", kRun);
  CHECK_THROWS_AS(results.save(), Error);
}

}  // namespace
}  // namespace pagequest::bench
