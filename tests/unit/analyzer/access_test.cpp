// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "analyzer/page_access.h"
#include "base/error.h"

namespace pagequest::analyzer {
namespace {

using Pages = std::vector<std::int32_t>;

/// A decode step at page 4 over five pages.
struct Row {
  Pages pages = {0, 1, 2, 3, 4};
  std::vector<float> mean = {0.5F, 0.0625F, 0.25F, 0.125F, 0.0625F};
  std::vector<float> max = {0.5F, 0.25F, 0.25F, 0.125F, 0.0625F};
  PagesAttended event{EpisodeId{0}, Thread::main, 0, 1, 1, 1, pages, mean, max};
  DecodeStep step{.position = 70, .written_page = 4, .attention = &event};
};

Pages accessed(const AccessDefinition& definition, const Row& row, std::size_t threshold = 0) {
  AccessSets sets(definition);
  sets.take(row.step, 0);
  const auto pages = sets.pages(threshold);
  return {pages.begin(), pages.end()};
}

AccessDefinition parsed(const std::map<std::string, std::string>& given) {
  const auto specs = with_access_params({});
  return access_definition(Params("test", specs, given));
}

TEST_CASE("by mass, a page is accessed from the threshold on") {
  const Row row;
  const AccessDefinition definition{
      .rule = AccessRule::mass, .thresholds = {0.125, 0.126}, .exclude_resident = false};
  CHECK(accessed(definition, row, 0) == Pages{0, 2, 3});
  CHECK(accessed(definition, row, 1) == Pages{0, 2});
}

TEST_CASE("by share, the smallest set of pages that covers it is accessed") {
  const Row row;
  const AccessDefinition definition{.rule = AccessRule::top,
                                    .thresholds = {0.5, 0.51, 0.75, 0.8, 1.0},
                                    .exclude_resident = false};
  CHECK(accessed(definition, row, 0) == Pages{0});
  CHECK(accessed(definition, row, 1) == Pages{0, 2});
  CHECK(accessed(definition, row, 2) == Pages{0, 2});
  CHECK(accessed(definition, row, 3) == Pages{0, 2, 3});
  CHECK(accessed(definition, row, 4) == Pages{0, 1, 2, 3, 4});
}

TEST_CASE("page 0 and the page being written are counted apart") {
  const Row row;
  AccessSets sets({.rule = AccessRule::mass, .thresholds = {0.0625}});
  sets.take(row.step, 0);
  CHECK(Pages(sets.pages(0).begin(), sets.pages(0).end()) == Pages{1, 2, 3});
  CHECK(sets.resident(0) == 2);
}

TEST_CASE("a group's maximum can access a page that its mean does not") {
  const Row row;
  AccessDefinition definition{
      .rule = AccessRule::mass, .thresholds = {0.2}, .exclude_resident = false};
  CHECK(accessed(definition, row) == Pages{0, 2});
  definition.group_max = true;
  CHECK(accessed(definition, row) == Pages{0, 1, 2});
}

TEST_CASE("each rule has its own default thresholds") {
  CHECK(parsed({}).thresholds == std::vector<double>{0.01, 0.02, 0.05, 0.1, 0.2});
  CHECK(parsed({{"access", "top"}}).thresholds == std::vector<double>{0.5, 0.8, 0.9, 0.95});
  CHECK(parsed({{"thresholds", "0.3"}}).thresholds == std::vector<double>{0.3});
}

TEST_CASE("impossible access definitions are refused") {
  const std::string list =
      GENERATE("0", "0.5,0.5", "0.5,0.2", "1.5", "x", "0.1,", ",", "nan", "-0.1", "0.1 ,0.2");
  CHECK_THROWS_AS(parsed({{"thresholds", list}}), Error);
  CHECK_THROWS_AS(parsed({{"access", "masses"}}), Error);
  CHECK_THROWS_AS(parsed({{"resident", "maybe"}}), Error);
  CHECK_THROWS_AS(parsed({{"group", "median"}}), Error);
}

TEST_CASE("a table's description names the access definition") {
  CHECK(parsed({}).sentence().find("left out") != std::string::npos);
  CHECK(parsed({{"access", "top"}}).sentence().find("smallest set") != std::string::npos);
  CHECK(parsed({{"resident", "include"}}).sentence().find("are included") != std::string::npos);
}

}  // namespace
}  // namespace pagequest::analyzer
