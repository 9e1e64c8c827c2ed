// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// `eval --ablate`: equally many tokens of a class at the same step of the same episodes.
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("an ablation holds each class against full and against the control of equal count") {
  const TemporaryFolder folder;
  const Outcome outcome = run_program(
      "eval --ablate --tasks pocket-hops --policies full,random.16,call.16,response.16,random.4 "
      "--episodes 2 --json -o " +
      (folder / "e").string());
  REQUIRE(outcome.exit_code == 0);
  const auto rows = tables_in(outcome.out).at("ablation");
  // The controls are held against full alone.
  REQUIRE(rows.size() == 6);
  for (const Row& row : rows) {
    CAPTURE(row.at("class"), row.at("against"));
    CHECK(number(row, "pairs") == 2);
    CHECK(number(row, "both") + number(row, "only_against") + number(row, "only_class") +
              number(row, "neither") ==
          2);
    CHECK(number(row, "difference_low") <= number(row, "difference"));
  }
  CHECK_THAT(content_of(folder / "e" / "ablation.md"), Contains("| call | 16 | random | 2 |"));
}

TEST_CASE("every cell of an ablation drops the count that it names, once") {
  const TemporaryFolder folder;
  REQUIRE(run_program("eval --ablate --tasks pocket-hops --policies response.40 --episodes 1 -o " +
                      (folder / "e").string())
              .exit_code == 0);
  const auto cell = nlohmann::json::parse(
      content_of(folder / "e" / "cells" / "pocket-hops-default.response.40.s3000000.json"));
  CHECK(cell.at("episodes").at(0).at("dropped_tokens") == 40.0);
}

TEST_CASE("--ablate is a suite, and refuses another one beside it") {
  const TemporaryFolder folder;
  const Outcome outcome = run_program("eval --ablate --suite quick -o " + (folder / "e").string());
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains("--suite quick"));
}

}  // namespace
}  // namespace pagequest::testing
