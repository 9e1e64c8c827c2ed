// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/registry.h"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "analyzer/analysis_set.h"
#include "base/error.h"
#include "tests/support/synthetic_kernels.h"
#include "tests/support/synthetic_trace.h"
#include "tests/unit/analyzer/mini_trace.h"

namespace pagequest::analyzer {
namespace {

TEST_CASE("an unknown analysis is an error that lists the known ones") {
  try {
    static_cast<void>(find_analysis("reuse-distances"));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.info().expected.find("page-popularity") != std::string::npos);
    CHECK(error.info().hint.find("`reuse-distance`") != std::string::npos);
  }
}

TEST_CASE("impossible parameters are refused") {
  using Given = std::map<std::string, std::string>;
  CHECK_THROWS_AS(testing::make_analysis("live-tokens", Given{{"stride", "0"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("page-popularity", Given{{"top", "0"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("page-popularity", Given{{"top", "nan"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("recency-recall", Given{{"k", "0"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("recency-recall", Given{{"share", "1.01"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("recency-recall", Given{{"bands", "1,2"}}), Error);
  CHECK_THROWS_AS(testing::make_analysis("episodes", Given{{"stride", "1"}}), Error);
}

TEST_CASE("every analysis declares its parameters and describes itself") {
  for (const auto& entry : analyses()) {
    CAPTURE(entry.name);
    CHECK_FALSE(entry.description.empty());
    for (const auto& spec : entry.params()) CHECK_FALSE(spec.help.empty());
  }
}

TEST_CASE("every analysis names its tables and describes them") {
  const testing::SyntheticOptions options{
      .episodes = 2, .concurrency = 1, .captures = testing::all_captures()};
  AnalysisSet set(all_analyses(), testing::synthetic_header(options));
  testing::emit_synthetic_trace(options, set);
  testing::GivenTimer timer;
  timer.run_passes(2);
  set.on(timer.log().take());
  std::set<std::string> names;
  for (const auto& result : set.results()) {
    CAPTURE(result.name);
    CHECK_FALSE(result.tables.empty());
    for (const auto& table : result.tables) {
      CAPTURE(table.name());
      CHECK(names.insert(table.name()).second);
      CHECK_FALSE(table.description().empty());
      CHECK_FALSE(table.rows().empty());
    }
  }
}

TEST_CASE("an attention row of another shape than the header's is bad input") {
  auto header = testing::mini_header();
  header.layers = 2;
  const auto analysis = testing::make_analysis("reuse-distance", {}, header);
  testing::MiniTrace trace(*analysis);
  trace.begin(0);
  CHECK_THROWS_AS(trace.decode(5, {0.5F, 0.5F}), Error);
}

}  // namespace
}  // namespace pagequest::analyzer
