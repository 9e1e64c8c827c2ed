// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string>

#include "base/error.h"
#include "base/sorted_by_name.h"
#include "traces/check.h"
#include "traces/check/findings.h"
#include "traces/check/kernel_rules.h"

namespace pagequest::traces {
namespace {

constexpr std::array kRules{
    Rule{"attention-step", "attention follows the tokens of its step", Severity::error},
    Rule{"aux", "forks and joins alternate; fork points, tokens and cursors fit", Severity::error},
    Rule{"closed", "the recording was closed, not killed", Severity::note},
    Rule{"cursors", "cursors increase", Severity::error},
    Rule{"episode", "an episode begins and ends once", Severity::error},
    Rule{"evictions", "evicted tokens were live, and as many as stated", Severity::error},
    Rule{"head-evictions", "a head loses what it held; nothing is gone that a head still holds",
         Severity::error},
    Rule{"kernels", "no kernel ends before it starts", Severity::error},
    Rule{"key-bounds", "keys are bounded once a page, in the step that fills it, lowest <= highest",
         Severity::error},
    Rule{"key-reads", "a decode step reads, once, at most the keys that are live in each head",
         Severity::error},
    Rule{"live-pages", "attention is listed for exactly the pages with live tokens in a window",
         Severity::error},
    Rule{"mass-max", "0 <= mean <= maximum <= 1", Severity::error},
    Rule{"mass-sum", "mean masses and the sinks' share sum to 1 a layer and KV head",
         Severity::error},
    Rule{"operations", "operations follow the iterations, belong to a layer and cost something",
         Severity::error},
    Rule{"pages-freed", "a page is freed when its last live token goes", Severity::error},
    Rule{"positions", "positions are contiguous in each thread", Severity::error},
    Rule{"query-cosine", "cosines are in [-1, 1]; a thread's first step has none", Severity::error},
    Rule{"query-heads", "masses per query head reduce to mean and maximum", Severity::error},
    Rule{"readable", "every whole episode and the kernel times can be read", Severity::error},
    Rule{"requantisations", "tokens that change their precision are live, and have 1 to 16 bits",
         Severity::error},
    Rule{"steps", "steps are contiguous in each thread", Severity::error},
    Rule{"token-sets", "live tokens alone reach a threshold, and each lower one with it",
         Severity::error},
    Rule{"tools", "calls and responses lie in the episode, one behind another", Severity::error},
    Rule{"totals", "the sums of an episode follow from its events", Severity::error},
    Rule{"turns", "turns are contiguous", Severity::error},
    Rule{"unfinished", "every episode that began is whole", Severity::note},
    Rule{"windows", "pages before a layer's first lie outside of its window and have no mass",
         Severity::error},
};

static_assert(sorted_by_name(kRules), "rules are listed by name, each once");

std::vector<Finding> check_file(const Reader& reader) {
  std::vector<Finding> findings;
  const auto note = [&findings](std::string_view rule, EpisodeId episode, std::string message) {
    findings.push_back({rule, Severity::note, episode, -1, std::move(message)});
  };
  if (!reader.was_closed()) {
    note("closed", {}, "the recording process died; episodes since its last commit are lost");
  }
  for (const EpisodeId episode : reader.unfinished()) {
    note("unfinished", episode, "the recording ended before the episode did");
  }
  return findings;
}

std::vector<Finding> check_kernels(const Reader& reader) {
  Findings findings;
  KernelChecker checker(reader.header(), findings);
  try {
    reader.replay_kernels(checker);
  } catch (const Error& error) {
    findings.add("readable", error.what());
  }
  return findings.take();
}

}  // namespace

std::span<const Rule> check_rules() { return kRules; }

std::vector<Finding> check_trace(const Reader& reader,
                                 const std::function<void(std::size_t)>& progress) {
  std::vector<Finding> findings = check_file(reader);
  for (auto& finding : check_kernels(reader)) findings.push_back(std::move(finding));
  EpisodeChecker checker(reader.header());
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) {
    try {
      reader.replay(i, checker);
      for (auto& finding : checker.take()) findings.push_back(std::move(finding));
    } catch (const Error& error) {
      findings.push_back(
          {"readable", Severity::error, reader.episodes()[i].episode, -1, error.what()});
      static_cast<void>(checker.take());
    }
    if (progress) progress(i + 1);
  }
  return findings;
}

}  // namespace pagequest::traces
