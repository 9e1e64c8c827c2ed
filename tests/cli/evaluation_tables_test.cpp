// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Tables of evaluations that are made up, with results counted by hand.
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "cli/evaluation/ablation.h"
#include "cli/evaluation/agreement.h"

namespace pagequest::cli {
namespace {

using Text = std::vector<std::int32_t>;

EvaluatedEpisode episode(std::int32_t id, bool correct, double dropped, Text written = {}) {
  EvaluatedEpisode episode{};
  episode.ended.episode = EpisodeId{id};
  episode.ended.correct = correct;
  episode.occupancy.dropped_tokens = dropped;
  episode.written = std::move(written);
  return episode;
}

EvaluatedCell cell(SuitePolicy policy, std::vector<EvaluatedEpisode> episodes) {
  CellSpec spec{
      .task = {.task = "t", .setting = "s", .model = "", .budgets_tokens = {}, .has_tools = false},
      .policy = std::move(policy)};
  spec.episodes = static_cast<std::int32_t>(episodes.size());
  return {spec, {.episodes = std::move(episodes), .core_seconds = 0.0}};
}

SuitePolicy full() { return {.label = "full", .policy = "full"}; }

SuitePolicy ablated(const std::string& name, std::vector<std::string> controls = {}) {
  return {.label = name + ".8",
          .policy = "ablate",
          .ablated = name,
          .ablated_tokens = 8,
          .controls = std::move(controls)};
}

TEST_CASE("texts agree up to the first token that differs, or the end of the shorter one") {
  CHECK_FALSE(agreement_of(Text{1, 2, 3}, Text{1, 2, 3}).first_divergence);
  CHECK(agreement_of(Text{1, 2, 3}, Text{1, 2, 3}).equal_share == 1.0);
  const Agreement differs = agreement_of(Text{1, 2, 3, 4}, Text{1, 9, 3, 8});
  CHECK(differs.first_divergence == 1);
  CHECK(differs.equal_share == 0.5);
  const Agreement shorter = agreement_of(Text{1, 2, 3, 4}, Text{1, 2});
  CHECK(shorter.first_divergence == 2);
  CHECK(shorter.equal_share == 0.5);
  CHECK_FALSE(agreement_of(Text{}, Text{}).first_divergence);
}

TEST_CASE("agreement is averaged over the episodes, divergence over those that differ") {
  const ResultTable table =
      agreement_table({cell(full(), {episode(0, false, 0, {1, 2, 3, 4}),
                                     episode(1, false, 0, {5, 6}), episode(2, false, 0, {7, 8})}),
                       cell({.label = "x", .policy = "x"},
                            {episode(0, false, 0, {1, 2, 9, 9}), episode(1, false, 0, {5, 6}),
                             episode(2, false, 0, {9, 8})})});
  REQUIRE(table.rows().size() == 1);
  CHECK(table.number(0, "episodes") == 3);
  CHECK(table.number(0, "identical") == 1);
  CHECK(table.number(0, "first_divergence") == 1.0);  // of 2 and 0
  CHECK(table.number(0, "equal_tokens") == Approx((0.5 + 1.0 + 0.5) / 3));
}

TEST_CASE("texts that are all equal diverge nowhere") {
  const ResultTable table =
      agreement_table({cell(full(), {episode(0, false, 0, {1})}),
                       cell({.label = "x", .policy = "x"}, {episode(0, false, 0, {1})})});
  CHECK(std::isnan(table.number(0, "first_divergence")));
}

TEST_CASE("an ablation's pairs are the episodes that lost as much as the control's, and anything") {
  const std::vector<EvaluatedCell> cells = {
      cell(full(), {episode(0, true, 0), episode(1, true, 0), episode(2, true, 0),
                    episode(3, false, 0), episode(4, true, 0)}),
      cell(ablated("random"), {episode(0, true, 8), episode(1, true, 8), episode(2, false, 8),
                               episode(3, false, 8), episode(4, true, 0)}),
      // Episode 1 had too few tokens of the class, and 4 ended before the step.
      cell(ablated("sums", {"random.8", "unplayed.8"}),
           {episode(0, false, 8), episode(1, false, 5), episode(2, true, 8), episode(3, true, 8),
            episode(4, true, 0)})};
  const ResultTable table = ablation_table(cells);
  REQUIRE(table.rows().size() == 3);
  const auto row_of = [&](std::size_t row) {
    return std::vector<double>{table.number(row, "pairs"),      table.number(row, "left_out"),
                               table.number(row, "both"),       table.number(row, "only_against"),
                               table.number(row, "only_class"), table.number(row, "neither")};
  };
  CHECK(table.text(0, "class") == "random");
  CHECK(table.text(0, "against") == "full");
  CHECK(row_of(0) == std::vector<double>{4, 1, 2, 1, 0, 1});
  CHECK(table.text(1, "class") == "sums");
  CHECK(row_of(1) == std::vector<double>{3, 2, 1, 1, 1, 0});
  CHECK(table.text(2, "against") == "random");
  CHECK(row_of(2) == std::vector<double>{3, 2, 0, 1, 2, 0});
  CHECK(table.number(2, "difference") == Approx(1.0 / 3));
  CHECK(table.number(2, "p") == 1.0);  // 1 against 2
}

TEST_CASE("an evaluation without an ablated class has no ablation") {
  CHECK(ablation_table({cell(full(), {episode(0, true, 0)})}).rows().empty());
}

}  // namespace
}  // namespace pagequest::cli
