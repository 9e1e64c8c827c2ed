// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/registry.h"

#include <algorithm>
#include <string>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "base/sorted_by_name.h"

namespace pagequest::analyzer {
namespace {

constexpr AnalysisEntry kAnalyses[] = {
    {"attention-sinks",
     "Share of the attention that a model's learned sinks get, a layer and head.",
     attention_sinks_params, make_attention_sinks},
    {"episodes",
     "Accuracy, outcomes, peak tokens and KV reads: one summary row, one row an episode.",
     episodes_params, make_episodes},
    {"kernels",
     "Where the time of the forward passes goes: GB/s, TFLOP/s and share of the ceiling.",
     kernels_params, make_kernels},
    {"live-tokens",
     "Live tokens and live pages over steps and turns, with and without the auxiliary thread.",
     live_tokens_params, make_live_tokens},
    {"page-popularity", "Share of the accesses that falls on the most accessed pages.",
     page_popularity_params, make_page_popularity},
    {"recency-recall", "Share of the next steps' pages that the recently used pages foretell.",
     recency_recall_params, make_recency_recall},
    {"reuse-distance", "Stack distances of page accesses and the LRU miss ratio at every size.",
     reuse_distance_params, make_reuse_distance},
};

static_assert(sorted_by_name(kAnalyses), "analyses are listed by name, each once");

}  // namespace

std::span<const AnalysisEntry> analyses() { return kAnalyses; }

const AnalysisEntry& find_analysis(std::string_view name) {
  const auto it = std::find_if(std::begin(kAnalyses), std::end(kAnalyses),
                               [name](const AnalysisEntry& entry) { return entry.name == name; });
  if (it != std::end(kAnalyses)) return *it;
  std::vector<std::string> valid;
  for (const auto& entry : kAnalyses) valid.emplace_back(entry.name);
  throw_unknown_name("analysis", name, valid);
}

}  // namespace pagequest::analyzer
