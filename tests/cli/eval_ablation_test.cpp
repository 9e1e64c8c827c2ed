// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// `eval --ablate`: equally many tokens of a class at the same step of the same episodes.
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"
#include "tests/support/file_content.h"

namespace pagequest::testing {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("an ablation drops its count once and is held against full and the control") {
  const TemporaryFolder folder;
  const Outcome outcome = run_program(
      "eval --ablate --tasks pocket-hops --policies full,random.16,call.16 --episodes 1 --json "
      "-o " +
      (folder / "e").string());
  REQUIRE(outcome.exit_code == 0);
  const auto rows = tables_in(outcome.out).at("ablation");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("class") == "random");
  CHECK(rows[1].at("against") == "full");
  CHECK(rows[2].at("against") == "random");
  for (const Row& row : rows) CHECK(number(row, "pairs") == 1);
  CHECK_THAT(content_of(folder / "e" / "ablation.md"), Contains("| call | 16 | random | 1 |"));
  const auto cell = nlohmann::json::parse(
      content_of(folder / "e" / "cells" / "pocket-hops-default.call.16.s3000000.json"));
  CHECK(cell.at("episodes").at(0).at("dropped_tokens") == 16.0);
}

TEST_CASE("--quick is the quick version of the suite paper, and of no other") {
  const TemporaryFolder folder;
  const std::string out = " -o " + (folder / "e").string();
  const std::string cell = " --tasks pocket-hops --policies full --episodes 1";
  const Outcome quick = run_program("eval --suite paper --quick" + cell + out);
  CHECK(quick.exit_code == 0);
  CHECK_THAT(content_of(folder / "e" / "frontier.md"), Contains("--suite quick"));
  const Outcome other = run_program("eval --suite ablation --quick" + out);
  CHECK(other.exit_code == 2);
  CHECK_THAT(other.err, Contains("--suite ablation"));
  CHECK(run_program("eval --ablate --quick" + out).exit_code == 2);
}

TEST_CASE("--ablate is a suite, and refuses another one beside it") {
  const TemporaryFolder folder;
  const Outcome outcome = run_program("eval --ablate --suite quick -o " + (folder / "e").string());
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains("--suite quick"));
}

}  // namespace
}  // namespace pagequest::testing
