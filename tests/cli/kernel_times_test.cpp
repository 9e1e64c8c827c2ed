// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Kernel times as a user records and reads them, on the processor.
#include <filesystem>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

const std::string kRecord =
    "record --device cpu --task pocket-hops --setting tiny --episodes 2 --no-attention ";

std::string path(const TemporaryFolder& folder, const char* name) {
  return (folder / name).string();
}

TEST_CASE("record times every operation and says how many, and the trace is sound") {
  const TemporaryFolder folder;
  const std::string trace = path(folder, "t.h5");
  const Outcome recorded = run_program(kRecord + "--kernel-times auto -o " + trace);
  CHECK(recorded.exit_code == 0);
  CHECK(recorded.err.find("kernel times: host, ") != std::string::npos);
  CHECK(recorded.err.find(" 0 dropped, 0 outside of operations") != std::string::npos);
  CHECK(run_program("check " + trace).exit_code == 0);
  const Outcome info = run_program("info " + trace);
  CHECK(info.out.find("host, ") != std::string::npos);
}

TEST_CASE("analyze kernels gives each operation its time, bytes and share of the ceiling") {
  const TemporaryFolder folder;
  const std::string trace = path(folder, "t.h5");
  REQUIRE(run_program(kRecord + "--kernel-times host --ceilings -o " + trace).exit_code == 0);
  const Outcome outcome = run_program("analyze kernels " + trace + " --json");
  REQUIRE(outcome.exit_code == 0);
  const Tables tables = tables_in(outcome.out);
  CHECK(tables.size() == 3);
  std::set<std::string> operations;
  double share = 0;
  for (const Row& row : tables.at("kernel_operations")) {
    operations.insert(row.at("operation").get<std::string>());
    share += number(row, "time_share");
    CHECK(number(row, "time") > 0);
    CHECK(number(row, "ceiling_share") >= 0);
    CHECK(number(row, "runs") == number(row, "operations"));
  }
  CHECK(operations.count("attention") == 1);
  CHECK(operations.count("logits") == 1);
  CHECK(share == Approx(1.0));
  double bandwidth = 0;
  for (const Row& row : tables.at("kernel_phases")) bandwidth += number(row, "bandwidth");
  CHECK(bandwidth > 0);
}

TEST_CASE("kernel times change no event of a recording") {
  const TemporaryFolder folder;
  const std::string with = path(folder, "with.h5");
  const std::string without = path(folder, "without.h5");
  REQUIRE(run_program(kRecord + "--kernel-times auto -o " + with).exit_code == 0);
  REQUIRE(run_program(kRecord + "-o " + without).exit_code == 0);
  const std::string analyze = "analyze --analysis episodes --analysis live-tokens --json ";
  CHECK(run_program(analyze + with).out == run_program(analyze + without).out);
}

TEST_CASE("a trace without kernel times says so, and how to record them") {
  const TemporaryFolder folder;
  const std::string trace = path(folder, "t.h5");
  REQUIRE(run_program(kRecord + "-o " + trace).exit_code == 0);
  const Outcome outcome = run_program("analyze kernels " + trace);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.err.find("no kernel times") != std::string::npos);
  CHECK(outcome.err.find("--kernel-times auto") != std::string::npos);
  const Outcome all = run_program("analyze " + trace);
  CHECK(all.err.find("no kernel times") == std::string::npos);
}

TEST_CASE("times of a policy that selects what it reads are refused before anything is recorded") {
  const TemporaryFolder folder;
  const std::string trace = path(folder, "t.h5");
  const Outcome outcome =
      run_program(kRecord + "--policy quest --budget 64 --kernel-times host -o " + trace);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err.find("option --kernel-times") != std::string::npos);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("clocks and ceilings that can't be are usage errors before anything is recorded") {
  const TemporaryFolder folder;
  const std::string out = "-o " + path(folder, "t.h5");
  for (const char* options : {"--kernel-times cupti ", "--kernel-times events ",
                              "--kernel-times sundial ", "--ceilings "}) {
    INFO(options);
    const Outcome outcome = run_program(kRecord + options + out);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.err.find("expected") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(folder / "t.h5"));
}

}  // namespace
}  // namespace pagequest::testing
