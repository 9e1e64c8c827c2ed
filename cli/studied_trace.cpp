// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/studied_trace.h"

#include <algorithm>

#include "analyzer/run_analyses.h"
#include "base/check.h"
#include "cli/progress.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

std::vector<ResultTable> analyse(const traces::Reader& trace, const std::string& label) {
  ProgressLine line("analysing " + label);
  const auto results = analyzer::run_analyses(
      trace, analyzer::all_analyses(), [&line](std::size_t done, std::size_t total) {
        line.show(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), "episodes");
      });
  line.done();
  return analyzer::all_tables(results);
}

/// Analyses label their rows with the policy; traces of one policy must be told apart.
void relabel(StudiedTrace& trace) {
  for (auto& table : trace.analyses) {
    ResultTable renamed(table.name(), table.description(), table.columns());
    for (auto row : table.rows()) {
      row.at(table.column("policy")) = trace.label;
      renamed.add(std::move(row));
    }
    table = std::move(renamed);
  }
}

void make_labels_unique(std::vector<StudiedTrace>& traces) {
  for (auto& trace : traces) {
    const auto same = std::count_if(traces.begin(), traces.end(), [&](const auto& other) {
      return other.header.policy == trace.header.policy;
    });
    if (same > 1) trace.label += " (" + trace.path.stem().string() + ")";
    if (same > 1) relabel(trace);
  }
}

const ResultTable* find(const std::vector<ResultTable>& tables, std::string_view name) {
  const auto it = std::find_if(tables.begin(), tables.end(),
                               [name](const auto& table) { return table.name() == name; });
  return it == tables.end() ? nullptr : &*it;
}

}  // namespace

const ResultTable& StudiedTrace::table(std::string_view name) const {
  const auto* found = find(analyses, name);
  if (found == nullptr) found = find(simulation, name);
  PQ_CHECK(found != nullptr, "the table is one of those that are always made");
  return *found;
}

std::vector<StudiedTrace> study_traces(const std::vector<std::filesystem::path>& paths,
                                       const SimulationOptions& simulation) {
  std::vector<StudiedTrace> traces;
  for (const auto& path : paths) {
    const traces::Reader reader(path);
    const auto& policy = reader.header().policy;
    traces.push_back({.label = policy,
                      .path = path,
                      .header = reader.header(),
                      .analyses = analyse(reader, policy),
                      .simulation = simulate(reader, simulation)});
  }
  make_labels_unique(traces);
  return traces;
}

}  // namespace pagequest::cli
