// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/ablation.h"

#include <cstdint>
#include <map>
#include <vector>

#include <fmt/core.h>

#include "analyzer/paired.h"
#include "cli/evaluation/provenance.h"

namespace pagequest::cli {
namespace {

using Episodes = std::map<EpisodeId, const EvaluatedEpisode*>;

Episodes episodes_of(const CellResult& cell) {
  Episodes episodes;
  for (const EvaluatedEpisode& episode : cell.episodes) {
    episodes.emplace(episode.ended.episode, &episode);
  }
  return episodes;
}

/// Null if it has not been played.
const EvaluatedCell* cell_labelled(const std::vector<EvaluatedCell>& cells, const std::string& task,
                                   const std::string& label) {
  for (const EvaluatedCell& cell : cells) {
    if (cell.first.task.task == task && cell.first.policy.label == label) return &cell;
  }
  return nullptr;
}

/// Those that have been played.
std::vector<const EvaluatedCell*> controls_of(const std::vector<EvaluatedCell>& cells,
                                              const CellSpec& spec) {
  std::vector<const EvaluatedCell*> controls;
  for (const std::string& label : spec.policy.controls) {
    const EvaluatedCell* control = cell_labelled(cells, spec.task.task, label);
    if (control != nullptr) controls.push_back(control);
  }
  return controls;
}

bool dropped_as_much(const Episodes& controls, EpisodeId id, double dropped) {
  const auto control = controls.find(id);
  return control != controls.end() && control->second->occupancy.dropped_tokens == dropped;
}

/// The episodes of `cell` in which as much was dropped as in those of all controls, and anything.
Episodes pairs_of(const CellResult& cell, const std::vector<const EvaluatedCell*>& controls) {
  Episodes pairs = episodes_of(cell);
  std::erase_if(pairs,
                [](const auto& pair) { return pair.second->occupancy.dropped_tokens == 0.0; });
  for (const EvaluatedCell* control : controls) {
    const Episodes others = episodes_of(control->second);
    std::erase_if(pairs, [&](const auto& pair) {
      return !dropped_as_much(others, pair.first, pair.second->occupancy.dropped_tokens);
    });
  }
  return pairs;
}

analyzer::PairedCounts counts_of(const CellResult& reference, const Episodes& pairs) {
  const Episodes references = episodes_of(reference);
  analyzer::PairedCounts counts;
  for (const auto& [id, episode] : pairs) {
    const auto other = references.find(id);
    if (other != references.end()) counts.add(other->second->ended.correct, episode->ended.correct);
  }
  return counts;
}

double share(std::int64_t part, const analyzer::PairedCounts& counts) {
  return static_cast<double>(part) / static_cast<double>(counts.total());
}

void add_row(const EvaluatedCell& cell, const EvaluatedCell& reference, const Episodes& pairs,
             ResultTable& table) {
  const analyzer::PairedCounts counts = counts_of(reference.second, pairs);
  const analyzer::Interval interval = analyzer::paired_difference_interval_95(counts);
  const CellSpec& spec = cell.first;
  const SuitePolicy& other = reference.first.policy;
  table.add({spec.task.task, spec.task.setting, spec.policy.ablated,
             std::int64_t{spec.policy.ablated_tokens},
             other.ablated.empty() ? other.label : other.ablated, counts.total(),
             std::int64_t{spec.episodes} - counts.total(), share(counts.first(), counts),
             share(counts.second(), counts), counts.both, counts.only_first, counts.only_second,
             counts.neither, share(counts.second(), counts) - share(counts.first(), counts),
             interval.low, interval.high, analyzer::mcnemar_exact_p(counts)});
}

ResultTable empty_table() {
  return {
      "ablation",
      "Accuracy with tokens of one class dropped, against `full` and against as many tokens "
      "of its controls at the same step of the same episodes. Intervals of the paired difference: "
      "Newcombe 1998, method 10; p: exact McNemar test, two-sided, of this row alone.",
      {{"task", ""},
       {"setting", ""},
       {"class", ""},
       {"tokens", "tokens"},
       {"against", ""},
       {"pairs", "episodes"},
       {"left_out", "episodes"},
       {"accuracy_against", "share"},
       {"accuracy", "share"},
       {"both", "episodes"},
       {"only_against", "episodes"},
       {"only_class", "episodes"},
       {"neither", "episodes"},
       {"difference", "share"},
       {"difference_low", "share"},
       {"difference_high", "share"},
       {"p", ""}}};
}

std::string row_text(const ResultTable& table, std::size_t row) {
  const auto number = [&](const char* column) { return table.number(row, column); };
  return fmt::format(
      "| {} | {:.0f} | {} | {:.0f} | {:.3f} | {:.3f} | {:.0f} / {:.0f} / {:.0f} / {:.0f} | "
      "{:+.3f} | {:+.3f} to {:+.3f} | {:.2g} |\n",
      table.text(row, "class"), number("tokens"), table.text(row, "against"), number("pairs"),
      number("accuracy_against"), number("accuracy"), number("both"), number("only_against"),
      number("only_class"), number("neither"), number("difference"), number("difference_low"),
      number("difference_high"), number("p"));
}

}  // namespace

ResultTable ablation_table(const std::vector<EvaluatedCell>& cells) {
  ResultTable table = empty_table();
  for (const EvaluatedCell& cell : cells) {
    const auto& [spec, result] = cell;
    if (spec.policy.ablated.empty()) continue;
    const std::vector<const EvaluatedCell*> controls = controls_of(cells, spec);
    const Episodes pairs = pairs_of(result, controls);
    const EvaluatedCell* full = cell_labelled(cells, spec.task.task, "full");
    if (full != nullptr) add_row(cell, *full, pairs, table);
    for (const EvaluatedCell* control : controls) add_row(cell, *control, pairs, table);
  }
  return table;
}

std::string ablation_markdown(const ResultTable& table, const std::vector<EvaluatedCell>& cells,
                              const std::string& command) {
  std::string text = fmt::format(
      "{}. {} `both / only / only / none`: episodes that both "
      "answer, only the one it is held against, only the one without the tokens, or none. The "
      "p-values are not corrected for their number.\n",
      made_by(command, cells), table.description());
  std::string task;
  for (std::size_t row = 0; row < table.rows().size(); ++row) {
    if (task != table.text(row, "task")) {
      task = table.text(row, "task");
      text += fmt::format(
          "\n## {}, {}\n\n| without | tokens | against | pairs | its accuracy | accuracy | both / "
          "only / only / none | difference | 95 % | p |\n"
          "|---|---:|---|---:|---:|---:|---:|---:|---|---:|\n",
          task, table.text(row, "setting"));
    }
    text += row_text(table, row);
  }
  return text;
}

}  // namespace pagequest::cli
