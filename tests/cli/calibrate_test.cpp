// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Runs the program that is sold: `pagequest calibrate` and `pagequest validate`. No time is judged.
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace {

using nlohmann::json;
using pagequest::testing::number;
using pagequest::testing::Row;
using pagequest::testing::run_program;
using pagequest::testing::TemporaryFolder;

const std::string kTiny =
    "calibrate --model tests/reference/tiny --threads 1 --batches 1,4 --contexts 32,128 "
    "--chunks 8,32 --mixed-batches 2 --mixed-chunks 16 --repetitions 3";

json profile_of(const std::string& arguments) {
  const TemporaryFolder folder;
  const auto path = folder / "profile.json";
  REQUIRE(run_program(arguments + " -o " + path.string()).exit_code == 0);
  std::ifstream in(path);
  return json::parse(in);
}

/// A profile without what was measured.
json structure(json profile) {
  for (const auto* list : {"points", "host_points"}) {
    for (json& point : profile.at(list)) {
      for (const auto* field : {"seconds", "least_seconds", "median_seconds", "spread"}) {
        CHECK(point.at(field).get<double>() >= 0);
        point.erase(field);
      }
    }
  }
  profile.erase("host");
  return profile;
}

TEST_CASE("A profile has every point of the grid, in the same order each time",
          "[cli][calibrate]") {
  const json profile = structure(profile_of(kTiny));
  CHECK(profile.at("schema") == "pagequest.profile.1");
  CHECK(profile.at("threads") == 1);
  CHECK(profile.at("device") == "cpu");
  // Two contexts with two batches, two chunks and a mixed one each.
  CHECK(profile.at("points").size() == 10);
  CHECK(profile.at("host_points").size() == 4);
  CHECK(structure(profile_of(kTiny)) == profile);
}

TEST_CASE("The printed points are those of the profile", "[cli][calibrate]") {
  const TemporaryFolder folder;
  const auto path = folder / "profile.json";
  const auto tables =
      pagequest::testing::tables_in(run_program(kTiny + " --json -o " + path.string()).out);
  std::ifstream in(path);
  const json points = json::parse(in).at("points");
  const auto& rows = tables.at("calibration");
  REQUIRE(rows.size() == points.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(rows[i].at("kind") == points[i].at("kind"));
    CHECK(number(rows[i], "context") == points[i].at("context"));
    CHECK(number(rows[i], "lower_quartile") == Approx(points[i].at("seconds").get<double>()));
  }
}

TEST_CASE("Impossible calibrations are usage errors and write nothing", "[cli][calibrate]") {
  const TemporaryFolder folder;
  const auto path = folder / "profile.json";
  const auto fails = [&](const std::string& arguments) {
    CHECK(
        run_program("calibrate --model tests/reference/tiny " + arguments + " -o " + path.string())
            .exit_code == 2);
    CHECK_FALSE(exists(path));
  };
  fails("--batches 0");
  fails("--contexts 100000");
  fails("--repetitions 0");
  fails("--clock sun");
  fails("--clock cpu --threads 2");
  fails("--device tpu");
}

TEST_CASE("A folder at -o is an output error before anything is measured", "[cli][calibrate]") {
  const TemporaryFolder folder;
  CHECK(run_program(kTiny + " -o " + folder.path().string()).exit_code == 4);
}

TEST_CASE("Validate refuses what is no profile, and a profile of another model",
          "[cli][validate]") {
  const TemporaryFolder folder;
  const auto path = folder / "profile.json";
  const std::string validate =
      "validate --profile " + path.string() + " -o " + (folder / "out").string();
  CHECK(run_program(validate).exit_code == 3);
  std::ofstream(path) << R"({"schema": "pagequest.profile.9"})";
  CHECK(run_program(validate).exit_code == 3);
  REQUIRE(run_program(kTiny + " -o " + path.string()).exit_code == 0);
  CHECK(run_program(validate).exit_code == 3);
  CHECK(run_program(validate + " --policies nobody").exit_code == 2);
}

/// The table of eight episodes, four at a time, in a pool that is too small.
std::vector<Row> validation(const std::filesystem::path& folder) {
  const auto path = folder / "profile.json";
  REQUIRE(run_program("calibrate --quick --threads 1 --clock cpu --contexts 64,512 --repetitions 2 "
                      "-o " +
                      path.string())
              .exit_code == 0);
  const auto outcome = run_program("validate --profile " + path.string() +
                                   " --episodes 8 --concurrency 4 --repetitions 1 --json -o " +
                                   (folder / "out").string());
  REQUIRE(outcome.exit_code == 0);
  return pagequest::testing::tables_in(outcome.out).at("validation");
}

TEST_CASE("Validate compares the same episodes under each policy in a pool that is too small",
          "[cli][validate]") {
  const TemporaryFolder folder;
  std::set<std::string> policies;
  for (const Row& row : validation(folder.path())) {
    policies.insert(row.at("policy"));
    CHECK(number(row, "measured") >= 0);
    if (row.at("error").is_number()) {
      CHECK(number(row, "error") ==
            Approx(number(row, "measured") == 0
                       ? 0.0
                       : number(row, "simulated") / number(row, "measured") - 1.0));
    }
  }
  CHECK(policies == std::set<std::string>{"full", "sidequest"});
  CHECK(exists(folder / "out" / "sidequest.h5"));
}

// Reference: the engine that runs the episodes. Its schedule does not depend on time, so this holds
// at whatever speed.
TEST_CASE("The simulator preempts and steps exactly as the engine does where no thread forks",
          "[cli][validate]") {
  const TemporaryFolder folder;
  for (const Row& row : validation(folder.path())) {
    const std::string figure = row.at("figure");
    const bool exact = figure == "preemptions" || figure == "iterations" || figure == "peak_kv";
    if (row.at("policy") != "full" || !exact) continue;
    CAPTURE(figure);
    CHECK(number(row, "measured") > 0);
    CHECK(number(row, "simulated") == number(row, "measured"));
  }
}

}  // namespace
