// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// `pagequest inspect` as a user runs it; what it shows is verified in
// tests/unit/runtime/inspection_test.cpp.
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

const std::string kInspect =
    "inspect --task pocket-hops --setting tiny --episodes 1 --page-size 16 ";

TEST_CASE("inspect exits with 0 and lists as many pages as the pool says are in use") {
  const Outcome outcome = run_program(kInspect + "--iterations 3 --json");
  CHECK(outcome.exit_code == 0);
  const Tables tables = tables_in(outcome.out);
  const Row& pool = tables.at("pool").front();
  CHECK(number(pool, "iteration") == 3);
  CHECK(number(pool, "page_size") == 16);
  std::set<double> pages;
  for (const Row& row : tables.at("pages")) pages.insert(number(row, "page"));
  CHECK(number(pool, "used_pages") == static_cast<double>(pages.size()));
  CHECK(pages.size() > 1);
}

TEST_CASE("inspect prints the same tables as text") {
  const Outcome outcome = run_program(kInspect + "--iterations 3");
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.find("used_pages") != std::string::npos);
}

TEST_CASE("inspect beyond the end of the episodes is a usage error that says how far they go") {
  const Outcome outcome = run_program(kInspect + "--iterations 1000000");
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find("the episodes ended before the inspection") != std::string::npos);
  const std::string expected = "expected: at most ";
  const auto at = outcome.err.find(expected);
  REQUIRE(at != std::string::npos);
  const std::string last = std::to_string(std::stol(outcome.err.substr(at + expected.size())));
  CHECK(run_program(kInspect + "--iterations " + last).exit_code == 0);
}

TEST_CASE("inspect needs at least one iteration and a task that exists") {
  CHECK(run_program(kInspect + "--iterations 0").exit_code == 2);
  CHECK(run_program("inspect --task pocket-hop").exit_code == 2);
  CHECK(run_program("inspect --model nowhere").exit_code == 3);
}

}  // namespace
}  // namespace pagequest::testing
