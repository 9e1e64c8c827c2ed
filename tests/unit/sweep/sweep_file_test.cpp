// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/sweep_file.h"

#include "tests/unit/sweep/sweep_support.h"

namespace pagequest::simulator {
namespace {

SweepFile parse(const std::string& yaml) { return parse_sweep(yaml, "s.yaml", test_names()); }

std::vector<std::string> share_values(const std::string& range) {
  return parse("axes: {share: " + range + "}").axes.at(0).values;
}

/// What is wrong with the file, checked to name the file and that line.
void expect_fault(const std::string& yaml, int line, const std::string& expected) {
  const std::string message = message_of([&] { return parse(yaml); });
  CAPTURE(yaml, message);
  CHECK(message.find("s.yaml, line " + std::to_string(line)) != std::string::npos);
  CHECK(message.find(expected) != std::string::npos);
}

using Texts = std::vector<std::string>;

TEST_CASE("A sweep file gives fixed settings, axes in its order and a search") {
  const SweepFile file = parse(
      "fixed: {machine: h100}\n"
      "axes:\n"
      "  policy: [full, h2o]\n"
      "  concurrency: [8, 16]\n"
      "search: {maximise: [throughput], minimise: [tpot], points: 3}\n");
  CHECK(file.fixed == SweepSettings{{"machine", "h100"}});
  CHECK(file.axes ==
        std::vector<SweepAxis>{{"policy", {"full", "h2o"}}, {"concurrency", {"8", "16"}}});
  REQUIRE(file.search);
  CHECK(file.search->objectives == std::vector<Objective>{{"throughput", true}, {"tpot", false}});
  CHECK(file.search->points == 3);
}

TEST_CASE("An arithmetic range includes its end in spite of rounding") {
  // 0.1 + 0.2 is 0.30000000000000004 in binary.
  CHECK(share_values("{from: 0.1, to: 0.5, step: 0.1}") ==
        Texts{"0.1", "0.2", "0.3", "0.4", "0.5"});
  CHECK(share_values("{from: 1, to: 6, step: 2}") == Texts{"1", "3", "5"});
  CHECK(share_values("{from: 1000000, to: 3000000, step: 1000000}") ==
        Texts{"1000000", "2000000", "3000000"});
}

TEST_CASE("A geometric range multiplies up to its end") {
  CHECK(share_values("{from: 1, to: 8, times: 2}") == Texts{"1", "2", "4", "8"});
  CHECK(share_values("{from: 0.1, to: 20, times: 10}") == Texts{"0.1", "1", "10"});
}

TEST_CASE("Unknown names are errors with a line and the valid names") {
  expect_fault("axes:\n  concurency: [1]\n", 2, "concurrency");
  expect_fault("axes:\n  share: [1]\nfixd: {}\n", 3, "axes, fixed, search");
  expect_fault("fixed:\n  shar: 1\naxes: {policy: [full]}\n", 2, "share");
  expect_fault("axes:\n  share:\n    from: 1\n    til: 2\n", 4, "from, step, times, to");
  expect_fault("axes: {share: [1]}\nsearch:\n  maximize: [x]\n", 3, "maximise, minimise, points");
}

TEST_CASE("Metrics of a search are checked where they are known") {
  const SweepNames names{.settings = {"share"}, .metrics = {"tpot", "ttft"}};
  const auto text = "axes: {share: [1]}\nsearch: {points: 2,\n  minimise: [tpto]}\n";
  const auto message = message_of([&] { return parse_sweep(text, "s.yaml", names); });
  CHECK(message.find("line 3") != std::string::npos);
  CHECK(message.find("tpot, ttft") != std::string::npos);
}

TEST_CASE("Broken YAML is an error with its line") {
  expect_fault("axes:\n  share: [1, 2\n", 3, "can't read the sweep");
  expect_fault("axes:\n\tshare: [1]\n", 2, "can't read the sweep");
}

TEST_CASE("Files that say something twice, or nothing, are errors") {
  expect_fault("axes: {share: [1]}\naxes: {share: [2]}\n", 2, "twice");
  expect_fault("axes:\n  share: [1]\n  share: [2]\n", 3, "twice");
  expect_fault("axes:\n  share: [1, 2, 1]\n", 2, "twice");
  expect_fault("fixed: {share: 1}\naxes:\n  share: [1]\n", 3, "fixed and as an axis");
  expect_fault("axes:\n  share: []\n", 2, "no values");
  expect_fault("axes:\n  share: 3\n", 2, "no values");
  expect_fault("axes:\n  share: [[1]]\n", 2, "a text or a number");
  expect_fault("fixed: {share: 1}\n", 1, "no axes");
  CHECK(message_of([] { return parse(""); }).find("s.yaml") != std::string::npos);
  CHECK(!message_of([] { return parse("- 1"); }).empty());
}

TEST_CASE("Ranges without an end and sweeps without a bound are errors") {
  expect_fault("axes:\n  share: {from: 1, to: 2}\n", 2, "not one of `step` and `times`");
  expect_fault("axes:\n  share: {from: 1, to: 2, step: 0}\n", 2, "not one of");
  expect_fault("axes:\n  share: {from: 1, to: 2, step: -1}\n", 2, "below 0");
  expect_fault("axes:\n  share: {from: 1, to: 2, times: 1}\n", 2, "at most 1");
  expect_fault("axes:\n  share: {from: 0, to: 2, times: 2}\n", 2, "not above 0");
  expect_fault("axes:\n  share: {from: 3, to: 2, step: 1}\n", 2, "above `to`");
  expect_fault("axes:\n  share: {to: 2, step: 1}\n", 2, "without ends");
  expect_fault("axes:\n  share: {from: x, to: 2, step: 1}\n", 2, "a number");
  expect_fault("axes:\n  share: {from: .inf, to: .inf, step: 1}\n", 2, "a number");
  expect_fault("axes:\n  share: {from: 0, to: 1, step: 1e-9}\n", 1, "1000000 points");
  expect_fault(
      "axes:\n  share: {from: 1, to: 2000, step: 1}\n  concurrency: {from: 1, to: 2000, step: 1}\n",
      1, "1000000 points");
}

TEST_CASE("A search without objectives or a budget is an error") {
  const std::string axes = "axes: {share: [1]}\n";
  expect_fault(axes + "search: {points: 3}\n", 2, "no objectives");
  expect_fault(axes + "search: {maximise: [x]}\n", 2, "no budget");
  expect_fault(axes + "search: {maximise: [x], points: 0}\n", 2, "from 1");
  expect_fault(axes + "search: {maximise: [x], points: 1.5}\n", 2, "from 1");
  expect_fault(axes + "search: {maximise: [x], minimise: [x], points: 3}\n", 2, "twice");
}

}  // namespace
}  // namespace pagequest::simulator
