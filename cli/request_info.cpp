// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/request_info.h"

#include <cstdint>

#include <fmt/format.h>

#include "traces/import/request_figures.h"

namespace pagequest::cli {
namespace {

constexpr const char* kNoIds = "none: no hit rates can be told from this trace";

void add_identity(ResultTable& table, const traces::RequestTrace& trace) {
  if (!has_block_ids(trace)) {
    table.add({"block_ids", kNoIds});
    return;
  }
  const traces::BlockIdentity& identity = trace.identity;
  table.add({"block_tokens", std::to_string(identity.block_tokens)});
  table.add({"tail_rule", std::string(to_string(identity.tail))});
  table.add({"id_scope", std::string(to_string(identity.scope))});
  table.add({"id_semantics", std::string(to_string(identity.semantics))});
}

void add_figures(ResultTable& table, const traces::RequestTrace& trace) {
  const traces::RequestFigures figures = request_figures(trace);
  const auto add = [&](const char* field, std::int64_t count) {
    table.add({field, std::to_string(count)});
  };
  add("requests", figures.requests);
  add("sessions", figures.sessions);
  add("sub_agents", figures.agents);
  table.add({"input_tokens_mean", fmt::format("{:.1f}", figures.mean_input_tokens)});
  table.add({"output_tokens_mean", fmt::format("{:.1f}", figures.mean_output_tokens)});
  if (figures.last_arrival_ns >= 0) {
    constexpr double kSecond = 1e9;
    const auto seconds = static_cast<double>(figures.last_arrival_ns) / kSecond;
    table.add({"last_arrival_s", fmt::format("{:.3f}", seconds)});
  }
  if (!has_block_ids(trace)) return;
  add("blocks", figures.blocks);
  add("unique_blocks", figures.unique_blocks);
  table.add(
      {"share_seen_before", fmt::format("{:.4f}", static_cast<double>(figures.blocks_seen_before) /
                                                      static_cast<double>(figures.blocks))});
  add("ids_with_two_predecessors", figures.ids_with_two_predecessors);
  table.add({"prefix_hit_ceiling", fmt::format("{:.4f}", prefix_hit_ceiling(trace))});
}

void add_manifest(ResultTable& table, const traces::ImportManifest& manifest) {
  table.add({"rows_read", std::to_string(manifest.rows_read)});
  for (const auto& [reason, rows] : manifest.skipped) {
    table.add({"rows_skipped", fmt::format("{} ({})", rows, reason)});
  }
  for (const auto& [note, rows] : manifest.notes) {
    table.add({"note", fmt::format("{} {}", rows, note)});
  }
}

}  // namespace

bool is_request_trace(const std::string& path, const std::string& format) {
  return !format.empty() || path == "-" || traces::detect_request_trace(path) != nullptr;
}

std::vector<ResultTable> request_tables(const std::string& path,
                                        const traces::ImportOptions& options) {
  const traces::RequestTrace trace = import_requests(path, options);
  ResultTable table("request_trace", "What the request trace holds.",
                    {{"field", ""}, {"value", ""}});
  table.add({"format", trace.format});
  table.add({"source", trace.source});
  table.add({"time_unit", std::string(to_string(trace.time_unit))});
  table.add({"clock", std::string(to_string(trace.clock))});
  add_identity(table, trace);
  add_figures(table, trace);
  add_manifest(table, trace.manifest);
  return {table};
}

}  // namespace pagequest::cli
