// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/frontier.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <fmt/core.h>

#include "analyzer/wilson.h"
#include "cli/evaluation/provenance.h"

namespace pagequest::cli {
namespace {

std::int64_t count(const CellResult& cell, bool (*holds)(const EpisodeEnded&)) {
  return std::ranges::count_if(cell.episodes,
                               [holds](const auto& episode) { return holds(episode.ended); });
}

template <Outcome kOutcome>
bool ended_with(const EpisodeEnded& ended) {
  return ended.outcome == kOutcome;
}

bool is_correct(const EpisodeEnded& ended) { return ended.correct; }

std::int64_t graded(const CellResult& cell) {
  return std::ranges::count(cell.episodes, true, &EvaluatedEpisode::has_answer);
}

/// With so many decimals; a dash where no answer is known.
std::string share_text(double share) {
  return std::isnan(share) ? std::string("-") : fmt::format("{:.3f}", share);
}

std::string interval_text(const analyzer::Interval& interval) {
  if (std::isnan(interval.low)) return "-";
  return share_text(interval.low) + " to " + share_text(interval.high);
}

double mean(const CellResult& cell, double (*value)(const EvaluatedEpisode&)) {
  double sum = 0.0;
  for (const EvaluatedEpisode& episode : cell.episodes) sum += value(episode);
  return cell.episodes.empty() ? 0.0 : sum / static_cast<double>(cell.episodes.size());
}

struct Means {
  double accuracy;
  analyzer::Interval interval;
  double mean_tokens;
  double peak_tokens;
  double page_tokens;
  double shared_page_tokens;
  double stored_tokens;
  double reads;
  double aux_tokens;
};

Means means_of(const CellResult& cell) {
  const std::int64_t episodes = graded(cell);
  const std::int64_t correct = count(cell, is_correct);
  return {
      .accuracy = episodes == 0 ? std::numeric_limits<double>::quiet_NaN()
                                : static_cast<double>(correct) / static_cast<double>(episodes),
      .interval = analyzer::wilson_interval_95(correct, episodes),
      .mean_tokens = mean(cell, [](const auto& e) { return e.occupancy.mean_tokens; }),
      .peak_tokens = mean(cell, [](const auto& e) { return e.occupancy.peak_tokens; }),
      .page_tokens = mean(cell, [](const auto& e) { return e.occupancy.mean_page_tokens; }),
      .shared_page_tokens =
          mean(cell, [](const auto& e) { return e.occupancy.mean_shared_page_tokens; }),
      .stored_tokens = mean(cell, [](const auto& e) { return e.occupancy.mean_stored_tokens; }),
      .reads = mean(cell, [](const auto& e) { return e.occupancy.kv_reads_tokens; }),
      .aux_tokens = mean(cell, [](const auto& e) { return double(e.ended.aux_tokens); }),
  };
}

double core_minutes(const std::vector<EvaluatedCell>& cells) {
  double seconds = 0.0;
  for (const auto& [spec, cell] : cells) seconds += cell.core_seconds;
  return seconds / 60.0;
}

}  // namespace

ResultTable frontier_table(const std::vector<EvaluatedCell>& cells) {
  ResultTable table(
      "frontier",
      "Accuracy (of the episodes whose answer is known) against memory, means over the episodes. "
      "Tokens are means over layers and KV heads "
      "of what each holds; pages are of 16 tokens, in tables of each head or of all. Stored tokens "
      "are bytes, as tokens of 16 bits an element; rows touched are whole pages of each head's.",
      {{"task", ""},
       {"setting", ""},
       {"policy", ""},
       {"budget", "tokens"},
       {"seed", ""},
       {"episodes", "episodes"},
       {"accuracy", "share"},
       {"accuracy_low", "share"},
       {"accuracy_high", "share"},
       {"mean_tokens", "tokens"},
       {"peak_tokens", "tokens"},
       {"peak_tokens_with_aux", "tokens"},
       {"mean_page_tokens", "tokens"},
       {"mean_shared_page_tokens", "tokens"},
       {"mean_stored_tokens", "tokens"},
       {"peak_stored_tokens", "tokens"},
       {"kv_reads", "tokens"},
       {"kv_rows_touched", "tokens"},
       {"aux_tokens", "tokens"},
       {"complete", "episodes"},
       {"unparsable", "episodes"},
       {"context_limit", "episodes"},
       {"turn_limit", "episodes"},
       {"core_seconds", "s"}});
  for (const auto& [spec, cell] : cells) {
    const Means means = means_of(cell);
    table.add({spec.task.task,
               spec.task.setting,
               spec.policy.label,
               std::int64_t{spec.budget_tokens},
               static_cast<std::int64_t>(spec.seed),
               static_cast<std::int64_t>(cell.episodes.size()),
               means.accuracy,
               means.interval.low,
               means.interval.high,
               means.mean_tokens,
               means.peak_tokens,
               mean(cell, [](const auto& e) { return e.occupancy.peak_tokens_with_aux; }),
               means.page_tokens,
               means.shared_page_tokens,
               means.stored_tokens,
               mean(cell, [](const auto& e) { return e.occupancy.peak_stored_tokens; }),
               means.reads,
               mean(cell, [](const auto& e) { return e.occupancy.kv_rows_touched_tokens; }),
               means.aux_tokens,
               count(cell, ended_with<Outcome::complete>),
               count(cell, ended_with<Outcome::unparsable>),
               count(cell, ended_with<Outcome::context_limit>),
               count(cell, ended_with<Outcome::turn_limit>),
               cell.core_seconds});
  }
  return table;
}

std::string frontier_markdown(const std::vector<EvaluatedCell>& cells, const std::string& command) {
  std::string text = fmt::format(
      "{} in {:.0f} minutes of processor time. Tokens are "
      "means over layers and KV heads; `mean` is over decode steps. `stored`: the same in bytes, "
      "as "
      "tokens of 16 bits an element. `pages` and `one table`: tokens' worth of the pages of 16 "
      "that "
      "stay in use, if each head has its own page table or all share one. `reads`: keys read by "
      "decode steps, as a share of those of `full`.\n",
      made_by(command, cells), core_minutes(cells));
  std::string task;
  double full_reads = 0.0;
  for (const auto& [spec, cell] : cells) {
    if (task != spec.task.task) {
      task = spec.task.task;
      text += fmt::format("\n## {}, {} ({} episodes, seed {})\n\n", task, spec.task.setting,
                          cell.episodes.size(), spec.seed);
      text +=
          "| policy | budget | accuracy | 95 % | mean | peak | stored | pages | one table | reads "
          "| "
          "unparsable |\n|---|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|\n";
    }
    const Means means = means_of(cell);
    if (spec.policy.label == "full") full_reads = means.reads;
    const std::string budget =
        spec.budget_tokens > 0 ? std::to_string(spec.budget_tokens) : std::string("-");
    text += fmt::format(
        "| {} | {} | {} | {} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} % | {} |\n",
        spec.policy.label, budget, share_text(means.accuracy), interval_text(means.interval),
        means.mean_tokens, means.peak_tokens, means.stored_tokens, means.page_tokens,
        means.shared_page_tokens, full_reads > 0.0 ? 100.0 * means.reads / full_reads : 0.0,
        count(cell, ended_with<Outcome::unparsable>));
  }
  return text;
}

}  // namespace pagequest::cli
