// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/analysis_set.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "analyzer/registry.h"
#include "base/check.h"
#include "base/params.h"

namespace pagequest::analyzer {

std::vector<AnalysisRequest> all_analyses() {
  std::vector<AnalysisRequest> requests;
  for (const auto& entry : analyses()) {
    requests.push_back({.name = std::string(entry.name), .params = {}});
  }
  return requests;
}

AnalysisSet::AnalysisSet(std::span<const AnalysisRequest> requests, const traces::Header& header) {
  for (const auto& request : requests) {
    const AnalysisEntry& entry = find_analysis(request.name);
    const Params params(entry.name, entry.params(), request.params);
    AnalysisResult description{.name = request.name, .params = {}, .tables = {}};
    for (const auto& [name, value] : params.all()) description.params[name] = to_text(value);
    running_.push_back({std::move(description), entry.make(params, header)});
  }
}

void AnalysisSet::on(const Event& event) {
  const EpisodeId episode = std::visit([](const auto& e) { return e.episode; }, event);
  if (std::holds_alternative<EpisodeBegan>(event)) episode_ = episode;
  PQ_CHECK(episode == episode_, "episodes come one after the other");
  for (const auto& running : running_) running.analysis->observe(event);
}

void AnalysisSet::on(const traces::KernelBatch& part) {
  for (const auto& running : running_) {
    if (traces::KernelTimesSink* const sink = running.analysis->kernel_times()) sink->on(part);
  }
}

bool AnalysisSet::wants_kernel_times() const {
  return std::any_of(running_.begin(), running_.end(), [](const Running& running) {
    return running.analysis->kernel_times() != nullptr;
  });
}

bool AnalysisSet::wants_attention() const {
  return std::any_of(running_.begin(), running_.end(),
                     [](const Running& running) { return running.analysis->needs_attention(); });
}

std::vector<AnalysisResult> AnalysisSet::results() const {
  std::vector<AnalysisResult> results;
  for (const auto& running : running_) {
    results.push_back(running.description);
    results.back().tables = running.analysis->results();
  }
  return results;
}

}  // namespace pagequest::analyzer
