// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/joined.h"
#include "base/result_table.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/recorded_attention.h"
#include "cli/request_info.h"
#include "cli/summary.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

/// Tokens that each layer sees; "all" if that is what every layer does.
std::string windows_text(const traces::Header& header) {
  if (!header.has_windows()) return "all";
  std::vector<std::string> parts;
  for (const std::int32_t window : header.windows) {
    parts.push_back(window == 0 ? "all" : std::to_string(window));
  }
  return joined(parts);
}

std::string number_text(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

/// The clock, and how much was timed.
std::string kernel_times_text(const traces::Reader& trace) {
  const auto& timing = trace.header().kernel_timing;
  if (!timing) return "none";
  const traces::KernelCounts counts = trace.kernel_counts();
  std::string text = timing->clock + ", " + std::to_string(counts.runs) + " runs of " +
                     std::to_string(counts.operations) + " operations, " +
                     std::to_string(counts.dropped) + " dropped";
  if (timing->copy_gbps > 0) text += ", at most " + number_text(timing->copy_gbps) + " GB/s";
  if (timing->matmul_tflops > 0) {
    text += ", at most " + number_text(timing->matmul_tflops) + " TFLOP/s";
  }
  return text;
}

std::string captures_text(const traces::Header& header) {
  if (!has_attention(header)) return "none";
  const traces::Captures& captures = header.captures;
  std::vector<std::string> parts{"mean", "max"};
  if (captures.sink_share) parts.emplace_back("sink share");
  if (captures.query_heads) parts.emplace_back("query heads");
  if (captures.query_cosine) parts.emplace_back("query cosine");
  if (captures.key_bounds) parts.emplace_back("key bounds");
  for (const float threshold : captures.thresholds) {
    parts.push_back("tokens from " + number_text(double{threshold}));
  }
  return joined(parts);
}

ResultTable header_table(const traces::Reader& trace) {
  const traces::Header& header = trace.header();
  ResultTable table("recorded_under", "Conditions of the recording.",
                    {{"field", ""}, {"value", ""}});
  const auto add = [&](const char* field, const std::string& value) { table.add({field, value}); };
  add("model", header.model);
  add("task", header.task + " (" + header.setting + ")");
  add("policy", header.policy);
  for (const auto& [name, value] : header.policy_params) table.add({"  " + name, value});
  add("budget_tokens", std::to_string(header.budget_tokens));
  add("seed", std::to_string(header.seed));
  add("page_size", std::to_string(header.page_size));
  add("layers", std::to_string(header.layers));
  add("query_heads", std::to_string(header.query_heads));
  add("kv_heads", std::to_string(header.kv_heads));
  add("head_dim", std::to_string(header.head_dim));
  add("prefill_rows", std::to_string(header.prefill_rows));
  add("kv_storage", header.kv_storage);
  add("kv_tables", header.kv_tables);
  add("windows", windows_text(header));
  add("captures", captures_text(header));
  add("kernel_times", kernel_times_text(trace));
  add("episodes_planned", std::to_string(header.episodes_planned));
  add("pagequest", header.version + (header.commit.empty() ? "" : " " + header.commit));
  add("config", header.config_json);
  return table;
}

}  // namespace

void add_info(CLI::App& app, ExitCode& /*code*/) {
  struct Arguments {
    std::string trace;
    bool json = false;
    traces::ImportOptions import;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("info", "What a trace holds");
  command
      ->add_option("trace", arguments->trace,
                   "trace file, or a request trace of another tool (- for standard input)")
      ->required();
  command->add_option("--format", arguments->import.format,
                      "format of a request trace (default: by its content)");
  command->add_option("--block-size", arguments->import.block_tokens,
                      "tokens of a block, where a request trace does not say");
  command->add_flag("--rechain", arguments->import.rechain,
                    "make ids that name contents name prefixes");
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments] {
    if (is_request_trace(arguments->trace, arguments->import.format)) {
      print_tables(request_tables(arguments->trace, arguments->import), arguments->json);
      return;
    }
    const traces::Reader trace(arguments->trace);
    const std::vector<ResultTable> tables = {header_table(trace), episodes_summary(trace)};
    print_tables(tables, arguments->json);
  });
}

}  // namespace pagequest::cli
