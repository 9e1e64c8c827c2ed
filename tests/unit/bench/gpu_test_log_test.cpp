// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_test_log.h"

#include <string>

#include <catch2/catch.hpp>

namespace pagequest::bench {
namespace {

// As Catch2 2.13 writes it.
const std::string kTwoCases = R"(<?xml version="1.0" encoding="UTF-8"?>
<Catch name="test_gpu">
  <Group name="test_gpu">
    <TestCase name="A copy of &lt;n> bytes" filename="a.cpp" line="3">
      <OverallResult success="true"/>
    </TestCase>
    <TestCase name="Sums are right" filename="b.cpp" line="9">
      <Section name="odd" filename="b.cpp" line="10">
        <Expression success="false" type="CHECK" filename="b.cpp" line="11">
          <Original>a == b</Original>
        </Expression>
        <OverallResults successes="0" failures="1" expectedFailures="0"/>
      </Section>
      <OverallResult success="false"/>
    </TestCase>
)";
const std::string kEnd = R"(    <OverallResults successes="1" failures="1" expectedFailures="0"/>
  </Group>
</Catch>
)";

TEST_CASE("Test cases that passed and failed are counted, the failed ones named") {
  const TestSuite suite = read_catch2_xml(kTwoCases + kEnd, "gpu", 2);
  CHECK(suite.name == "gpu");
  CHECK(suite.passed == 1);
  CHECK(suite.failed == 1);
  CHECK(suite.skipped == 0);
  CHECK(suite.completed);
  CHECK(suite.failures == std::vector<std::string>{"Sums are right"});
}

TEST_CASE("The test case that a crash ended has failed, and those after it were not run") {
  const std::string cut = kTwoCases + "    <TestCase name=\"Reads &lt;beyond> &quot;it&quot;\" fi";
  const TestSuite suite = read_catch2_xml(cut, "gpu", 7);
  CHECK(suite.passed == 1);
  CHECK(suite.failed == 2);
  CHECK(suite.skipped == 4);
  CHECK_FALSE(suite.completed);
  CHECK(suite.failures.back() == "Reads <beyond> \"it\"");
}

TEST_CASE("A program that wrote nothing has run no test") {
  const TestSuite suite = read_catch2_xml("", "gpu", 5);
  CHECK(suite.passed == 0);
  CHECK(suite.failed == 0);
  CHECK(suite.skipped == 5);
  CHECK_FALSE(suite.completed);
}

TEST_CASE("A sanitizer's summary says whether it is clean") {
  const auto [line, status, state, errors] =
      GENERATE(table<std::string, int, SanitizerState, std::int64_t>({
          {"========= ERROR SUMMARY: 0 errors", 0, SanitizerState::clean, 0},
          {"========= ERROR SUMMARY: 12 errors", 1, SanitizerState::errors, 12},
          {"========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)", 0,
           SanitizerState::clean, 0},
          {"========= RACECHECK SUMMARY: 3 hazards displayed (2 errors, 1 warning)", 0,
           SanitizerState::errors, 3},
          // Nothing found, but not everything was looked at.
          {"========= ERROR SUMMARY: 0 errors", 124, SanitizerState::incomplete, 0},
          {"========= COMPUTE-SANITIZER", 124, SanitizerState::incomplete, 0},
          {"========= Error: Device not supported", 1, SanitizerState::skipped, 0},
      }));
  const SanitizerRun run = read_sanitizer_log("text\n" + line + "\n", "tool", status);
  INFO(line);
  CHECK(run.tool == "tool");
  CHECK(run.state == state);
  CHECK(run.errors == errors);
}

TEST_CASE("Clocks are the medians of their columns") {
  const Details clocks =
      read_clock_log("345, 2619, 40, 90.5\n1980, 2619, 61, 600\n1755, 2619, 55, 580.25\n");
  REQUIRE(clocks.size() == 4);
  CHECK(clocks[0] == std::pair<std::string, double>("multiprocessors_mhz", 1755.0));
  CHECK(clocks[1] == std::pair<std::string, double>("memory_mhz", 2619.0));
  CHECK(clocks[2] == std::pair<std::string, double>("temperature_celsius", 55.0));
  CHECK(clocks[3] == std::pair<std::string, double>("power_watts", 580.25));
}

TEST_CASE("Clocks that the device does not tell are left out") {
  const Details clocks = read_clock_log("1755, [N/A], 55, [Not Supported]\n");
  REQUIRE(clocks.size() == 2);
  CHECK(clocks[0].first == "multiprocessors_mhz");
  CHECK(clocks[1].first == "temperature_celsius");
}

}  // namespace
}  // namespace pagequest::bench
