// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The device and the lag that a recording had are in its trace, resolved.
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

using Catch::Matchers::Contains;

std::string recorded_config(const std::string& options) {
  const TemporaryFolder folder;
  const std::string trace = (folder / "t.h5").string();
  const Outcome outcome = run_program("record --task pocket-hops --setting tiny --episodes 1 " +
                                      options + " -o " + trace);
  CHECK_THAT(outcome.err, Contains("device cpu, policy lag "));
  REQUIRE(outcome.exit_code == 0);
  return run_program("info " + trace).out;
}

TEST_CASE("A recording on the processor says so, and that its policy does not lag") {
  CHECK_THAT(recorded_config("--device cpu"),
             Contains("\"device\":\"cpu\"") && Contains("\"policy_lag\":0"));
}

TEST_CASE("A lag that is asked for is recorded") {
  CHECK_THAT(recorded_config("--device cpu --policy streaming --budget 64 --policy-lag 2"),
             Contains("\"device\":\"cpu\"") && Contains("\"policy_lag\":2"));
}

}  // namespace
}  // namespace pagequest::testing
