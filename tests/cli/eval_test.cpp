// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

using Catch::Matchers::Contains;
namespace fs = std::filesystem;

constexpr const char* kSmall =
    "eval --suite quick --tasks pocket-hops --policies full,tova,keep-k "
    "--episodes 2 --json ";

/// Without what the clock says.
std::vector<Row> frontier_of(const Outcome& outcome) {
  std::vector<Row> rows = tables_in(outcome.out).at("frontier");
  for (Row& row : rows) row.erase("core_seconds");
  return rows;
}

TEST_CASE("An evaluation has a row a cell, with what was kept and how episodes ended") {
  const TemporaryFolder folder;
  const Outcome outcome = run_program(kSmall + std::string("-o ") + (folder / "e").string());
  REQUIRE(outcome.exit_code == 0);
  const auto rows = frontier_of(outcome);
  REQUIRE(rows.size() == 3);
  for (const Row& row : rows) {
    CAPTURE(row.at("policy"));
    CHECK(number(row, "complete") + number(row, "unparsable") + number(row, "context_limit") +
              number(row, "turn_limit") ==
          2);
    CHECK(number(row, "mean_tokens") <= number(row, "mean_page_tokens"));
    CHECK(number(row, "mean_page_tokens") <= number(row, "mean_shared_page_tokens") + 1e-9);
    CHECK(number(row, "accuracy_low") <= number(row, "accuracy"));
  }
  CHECK(number(rows[1], "budget") == 900);
  CHECK(number(rows[1], "mean_tokens") < number(rows[0], "mean_tokens"));
  CHECK_THAT(content_of(folder / "e" / "frontier.md"), Contains("## pocket-hops, default"));
}

TEST_CASE("An evaluation gives the same numbers with any number of jobs") {
  const TemporaryFolder folder;
  const Outcome one = run_program(kSmall + std::string("--jobs 1 -o ") + (folder / "1").string());
  const Outcome two = run_program(kSmall + std::string("--jobs 2 -o ") + (folder / "2").string());
  CHECK(frontier_of(one) == frontier_of(two));
}

TEST_CASE("A cell that is there is not played again") {
  const TemporaryFolder folder;
  const std::string command = kSmall + std::string("-o ") + (folder / "e").string();
  const Outcome first = run_program(command);
  const fs::path cells = folder / "e" / "cells";
  fs::remove(cells / "pocket-hops-default.tova.b900.s3000000.json");
  const fs::path kept = cells / "pocket-hops-default.full.s3000000.json";
  const auto before = fs::last_write_time(kept);
  const Outcome second = run_program(command);
  CHECK_THAT(second.err, Contains("2 cells were played before"));
  CHECK(fs::last_write_time(kept) == before);
  CHECK(frontier_of(second) == frontier_of(first));
}

TEST_CASE("A cell that was played otherwise, or is none, is an input error that names it") {
  const TemporaryFolder folder;
  const std::string out = "-o " + (folder / "e").string();
  REQUIRE(run_program(kSmall + out).exit_code == 0);
  const Outcome other =
      run_program("eval --suite quick --tasks pocket-hops --policies full --episodes 3 " + out);
  CHECK(other.exit_code == 3);
  CHECK_THAT(other.err, Contains("full.s3000000.json") && Contains("give another folder"));
  std::ofstream(folder / "e" / "cells" / "pocket-hops-default.full.s3000000.json") << "{";
  CHECK(run_program(kSmall + out).exit_code == 3);
}

TEST_CASE("A cell of another model is refused") {
  const TemporaryFolder folder;
  const std::string command =
      "eval --suite quick --tasks pocket-hops --policies full --episodes 1 -o " +
      (folder / "e").string();
  REQUIRE(run_program(command).exit_code == 0);
  const fs::path cell = folder / "e" / "cells" / "pocket-hops-default.full.s3000000.json";
  nlohmann::json document = nlohmann::json::parse(content_of(cell));
  document["cell"]["model"] = "pocket@0";
  std::ofstream(cell) << document;
  CHECK(run_program(command).exit_code == 3);
}

TEST_CASE("The suite long plays derivations of four thousand tokens under a budget of 3,100") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_program("eval --suite long --tasks pocket-cot --policies streaming --episodes 1 -o " +
                  (folder / "e").string());
  REQUIRE(outcome.exit_code == 0);
  const fs::path cell = folder / "e" / "cells" / "pocket-cot-long.streaming.b3100.s3000000.json";
  const auto episode = nlohmann::json::parse(content_of(cell)).at("episodes").at(0);
  CHECK(episode.at("decode_steps") > 2000);
  CHECK(episode.at("peak_tokens") > 3000.0);
  CHECK(episode.at("peak_tokens") <= 3101.0);
}

TEST_CASE("Unknown suites, tasks and policies are usage errors that list the valid ones") {
  const TemporaryFolder folder;
  const std::string out = " -o " + (folder / "e").string();
  const Outcome suite = run_program("eval --suite papers" + out);
  CHECK(suite.exit_code == 2);
  CHECK_THAT(suite.err, Contains("ablation, long, paper, quick"));
  const Outcome policy = run_program("eval --suite quick --policies tovo" + out);
  CHECK(policy.exit_code == 2);
  CHECK_THAT(policy.err, Contains("did you mean `tova`"));
  const Outcome task = run_program("eval --suite quick --tasks pocket" + out);
  CHECK(task.exit_code == 2);
  CHECK_THAT(task.err, Contains("pocket-cot"));
}

}  // namespace
}  // namespace pagequest::testing
