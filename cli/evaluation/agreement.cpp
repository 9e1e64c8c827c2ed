// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/core.h>

namespace pagequest::cli {
namespace {

using Texts = std::map<EpisodeId, std::span<const std::int32_t>>;

Texts texts_of(const CellResult& cell) {
  Texts texts;
  for (const EvaluatedEpisode& episode : cell.episodes) {
    texts.emplace(episode.ended.episode, episode.written);
  }
  return texts;
}

struct Sums {
  std::int64_t episodes = 0;
  std::int64_t identical = 0;
  double divergence = 0.0;  // of the episodes that are not identical
  double equal_share = 0.0;

  void add(const Agreement& agreement) {
    ++episodes;
    equal_share += agreement.equal_share;
    if (agreement.first_divergence) {
      divergence += static_cast<double>(*agreement.first_divergence);
    } else {
      ++identical;
    }
  }
};

Sums sums_of(const Texts& full, const CellResult& cell) {
  Sums sums;
  for (const auto& [id, text] : texts_of(cell)) {
    const auto reference = full.find(id);
    if (reference != full.end()) sums.add(agreement_of(reference->second, text));
  }
  return sums;
}

/// NaN for nothing.
double share(double part, std::int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : part / static_cast<double>(whole);
}

}  // namespace

Agreement agreement_of(std::span<const std::int32_t> full, std::span<const std::int32_t> other) {
  if (std::ranges::equal(full, other)) return {};
  const std::size_t shorter = std::min(full.size(), other.size());
  const std::size_t longer = std::max(full.size(), other.size());
  std::int64_t equal = 0;
  for (std::size_t i = 0; i < shorter; ++i) equal += full[i] == other[i] ? 1 : 0;
  return {.first_divergence = std::ranges::mismatch(full, other).in1 - full.begin(),
          .equal_share = static_cast<double>(equal) / static_cast<double>(longer)};
}

ResultTable agreement_table(const std::vector<EvaluatedCell>& cells) {
  ResultTable table("agreement",
                    "What the model wrote, held against the policy full on the same episodes: how "
                    "many are equal token for token, where the others diverge first (mean), and "
                    "which share of the tokens at the same index is equal.",
                    {{"task", ""},
                     {"setting", ""},
                     {"policy", ""},
                     {"budget", "tokens"},
                     {"episodes", "episodes"},
                     {"identical", "episodes"},
                     {"first_divergence", "tokens"},
                     {"equal_tokens", "share"}});
  const auto full = std::ranges::find(
      cells, "full", [](const EvaluatedCell& cell) { return cell.first.policy.label; });
  if (full == cells.end()) return table;
  const Texts reference = texts_of(full->second);
  for (const auto& [spec, cell] : cells) {
    if (spec.policy.label == "full") continue;
    const Sums sums = sums_of(reference, cell);
    table.add({spec.task.task, spec.task.setting, spec.policy.label,
               std::int64_t{spec.budget_tokens}, sums.episodes, sums.identical,
               share(sums.divergence, sums.episodes - sums.identical),
               share(sums.equal_share, sums.episodes)});
  }
  return table;
}

std::string agreement_markdown(const ResultTable& table) {
  std::string text = "\n## Agreement with full\n\n" + table.description() +
                     "\n\n| policy | budget | identical | first divergence | equal tokens |\n"
                     "|---|---:|---:|---:|---:|\n";
  for (std::size_t row = 0; row < table.rows().size(); ++row) {
    const double budget = table.number(row, "budget");
    const double divergence = table.number(row, "first_divergence");
    text += fmt::format("| {} | {} | {:.0f} of {:.0f} | {} | {:.1f} % |\n",
                        table.text(row, "policy"), budget > 0 ? fmt::format("{:.0f}", budget) : "-",
                        table.number(row, "identical"), table.number(row, "episodes"),
                        std::isnan(divergence) ? "-" : fmt::format("{:.1f}", divergence),
                        100.0 * table.number(row, "equal_tokens"));
  }
  return text;
}

}  // namespace pagequest::cli
