// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Budgets in bytes. The pocket model's token has 4 layers x 2 KV heads x (key + value) of 64 bf16
// elements: 2,048 bytes; in int8 1,024 and two scales of 4 bytes a head, 1,088.
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

using Catch::Matchers::Contains;

Outcome recorded(const std::string& options, const std::string& trace) {
  return run_program(
      "record --task pocket-hops --setting tiny --episodes 1 --device cpu --policy streaming " +
      options + " -o " + trace);
}

std::string budget_of(const std::string& options) {
  const TemporaryFolder folder;
  const std::string trace = (folder / "t.h5").string();
  REQUIRE(recorded(options, trace).exit_code == 0);
  return run_program("info " + trace).out;
}

TEST_CASE("A budget in bytes is that of the tokens whose keys and values it holds") {
  CHECK_THAT(budget_of("--budget-bytes 206847"), Contains("\"budget\":100,"));
  CHECK_THAT(budget_of("--budget-bytes 206848"), Contains("\"budget\":101,"));
  CHECK_THAT(budget_of("--kv-storage int8 --budget-bytes 108800"), Contains("\"budget\":100,"));
}

TEST_CASE("Budgets in tokens and in bytes together, or of no token, are usage errors") {
  const TemporaryFolder folder;
  const std::string trace = (folder / "t.h5").string();
  const Outcome two = recorded("--budget 100 --budget-bytes 206848", trace);
  CHECK(two.exit_code == 2);
  CHECK_THAT(two.err, Contains("100 tokens") && Contains("206848 bytes"));
  const Outcome none = recorded("--budget-bytes 2047", trace);
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.err, Contains("2048 bytes"));
}

}  // namespace
}  // namespace pagequest::testing
