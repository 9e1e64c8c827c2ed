// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/report_builder.h"

#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "cli/version.h"
#include "notebooks_export/registry.h"
#include "notebooks_export/tables.h"

namespace pagequest::cli {
namespace {

using notebooks_export::Block;
using notebooks_export::Chart;
using notebooks_export::ChartKind;
using notebooks_export::KeyFigures;
using notebooks_export::Report;
using notebooks_export::Section;
using notebooks_export::TableBlock;
using Traces = std::vector<StudiedTrace>;

constexpr double kShownThreshold = 0.05;  // share of mass that counts as an access in the charts

ResultTable stacked(const Traces& traces, std::string_view name) {
  std::vector<ResultTable> tables;
  for (const auto& trace : traces) {
    const auto& table = trace.table(name);
    const bool has_policy = table.columns().front().name == "policy";
    tables.push_back(has_policy ? table : notebooks_export::labelled(table, "policy", trace.label));
  }
  return notebooks_export::stacked(tables);
}

ResultTable at_shown_threshold(const ResultTable& table) {
  return notebooks_export::filtered(table, [](const ResultTable& rows, std::size_t row) {
    return rows.number(row, "threshold") == kShownThreshold;
  });
}

const StudiedTrace* find(const Traces& traces, std::string_view policy) {
  const auto it = std::find_if(traces.begin(), traces.end(),
                               [policy](const auto& t) { return t.header.policy == policy; });
  return it == traces.end() ? nullptr : &*it;
}

std::string change(double from, double to) {
  return fmt::format("{:+.0f} %", 100.0 * (to - from) / from);
}

/// SideQuest beside the uncompressed cache, when the report has both.
KeyFigures key_figures(const StudiedTrace& full, const StudiedTrace& sidequest) {
  const auto& a = full.table("episodes_summary");
  const auto& b = sidequest.table("episodes_summary");
  const auto& sim_a = full.table("simulation_summary");
  const auto& sim_b = sidequest.table("simulation_summary");
  const auto of = [](const ResultTable& table, const char* name) { return table.number(0, name); };
  const auto pair = [&](const char* name) { return change(of(a, name), of(b, name)); };
  return {
      {"peak tokens", pair("peak_tokens_mean"),
       fmt::format("{:.0f} → {:.0f}", of(a, "peak_tokens_mean"), of(b, "peak_tokens_mean"))},
      {"KV reads", pair("kv_reads_mean"), "auxiliary thread included"},
      {"accuracy", fmt::format("{:+.1f} points", 100 * (of(b, "accuracy") - of(a, "accuracy"))),
       fmt::format("{:.1f} % → {:.1f} %", 100 * of(a, "accuracy"), 100 * of(b, "accuracy"))},
      {"simulated throughput",
       change(of(sim_a, "request_throughput"), of(sim_b, "request_throughput")),
       "episodes per second"},
  };
}

Section cost_section(const Traces& traces) {
  Section section{
      .heading = "What each policy costs",
      .text =
          "Every policy played the same episodes; accuracy is measured by playing, never by "
          "replaying. Budget policies get about SideQuest's mean peak, so that they are "
          "compared at equal memory.",
      .blocks = {}};
  const auto* full = find(traces, "full");
  const auto* sidequest = find(traces, "sidequest");
  if (full != nullptr && sidequest != nullptr) {
    section.blocks.emplace_back(key_figures(*full, *sidequest));
  }
  section.blocks.emplace_back(
      Chart{.kind = ChartKind::scatter,
            .title = "Accuracy against peak KV",
            .caption = "Up and to the left is better; bars are 95 % Wilson intervals.",
            .table = stacked(traces, "episodes_summary"),
            .x = "peak_tokens_mean",
            .y = {"accuracy"},
            .series = "policy",
            .y_low = "accuracy_low",
            .y_high = "accuracy_high",
            .point_label = "policy",
            .x_label = "mean peak of the main thread, tokens",
            .y_label = "accuracy"});
  constexpr std::string_view kMeasured[] = {"policy",
                                            "episodes",
                                            "accuracy",
                                            "accuracy_low",
                                            "accuracy_high",
                                            "strict_accuracy",
                                            "complete",
                                            "unparsable",
                                            "context_limit",
                                            "turn_limit",
                                            "peak_tokens_mean",
                                            "peak_tokens_with_aux_mean",
                                            "kv_reads_mean",
                                            "aux_tokens_mean",
                                            "evicted_tokens_mean",
                                            "calls_above_need_mean",
                                            "joins",
                                            "joins_parsed_share"};
  section.blocks.emplace_back(TableBlock{
      .title = "Measured",
      .table = notebooks_export::selected(stacked(traces, "episodes_summary"), kMeasured)});
  return section;
}

Section live_section(const Traces& traces) {
  const auto chart = [&](const char* table, const char* x, const char* title, const char* caption,
                         std::vector<std::string> y) {
    return Chart{.kind = ChartKind::line,
                 .title = title,
                 .caption = caption,
                 .table = stacked(traces, table),
                 .x = x,
                 .y = std::move(y),
                 .series = "policy",
                 .y_label = "tokens"};
  };
  return {.heading = "Live KV over time",
          .text =
              "Logical occupancy is live tokens; physical occupancy is the pages that still "
              "hold one. The gap between them is what an eviction keeps without freeing.",
          .blocks = {chart("live_tokens_by_progress", "progress", "Live tokens along an episode",
                           "Each episode is stretched to 100 %; mean over episodes.", {"tokens"}),
                     chart("live_tokens_by_turn", "turn", "Logical and physical occupancy by turn",
                           "Where the physical line lies above the logical one, pages are kept "
                           "for a few tokens.",
                           {"tokens", "physical_tokens"})}};
}

Section usage_section(const Traces& traces) {
  const ResultTable cdf = stacked(traces, "reuse_distance_cdf");
  const Traces first = {traces.front()};
  const auto threshold_chart = [&](ChartKind kind, const char* table, const char* x, const char* y,
                                   const char* title, const char* caption) {
    return Chart{.kind = kind,
                 .title = title,
                 .caption = caption,
                 .table = stacked(first, table),
                 .x = x,
                 .y = {y},
                 .series = "threshold",
                 .log_x = kind == ChartKind::step};  // a distance of 0 has no logarithm
  };
  return {
      .heading = "How pages are used",
      .text = fmt::format(
          "An access is a decode step of the main thread in which a page receives at least a given "
          "share of a head group's attention; the first page and the page being written are always "
          "resident and left out. The first chart counts {:.0f} % as an access; the next ones show "
          "how much the picture depends on that choice.",
          100 * kShownThreshold),
      .blocks = {
          Chart{.kind = ChartKind::cdf,
                .title = "Stack distance of page accesses",
                .caption = "A curve further left means that recently used pages are used "
                           "again: a small LRU cache would do.",
                .table = at_shown_threshold(cdf),
                .x = "distance",
                .y = {"cdf"},
                .series = "policy",
                .x_label = "distinct other pages since the last access"},
          threshold_chart(ChartKind::cdf, "reuse_distance_cdf", "distance", "cdf",
                          ("Stack distance by threshold, " + first[0].label).c_str(),
                          "The lower the threshold, the more pages count as accessed."),
          threshold_chart(ChartKind::step, "lru_miss_ratio", "cache_pages", "miss_ratio_warm",
                          ("LRU misses by cache size, " + first[0].label).c_str(),
                          "One cache a layer and KV head; first reads left out."),
          TableBlock{.title = "Share of accesses on the most used pages",
                     .table = stacked(traces, "page_popularity")},
          TableBlock{.title = "Do recently used pages predict the next ones?",
                     .table = stacked(traces, "recency_recall"),
                     .folded = true},
          TableBlock{.title = "Stack distances per layer and KV head",
                     .table = stacked(first, "reuse_distance_summary_by_head"),
                     .folded = true}}};
}

Section server_section(const Traces& traces) {
  const ResultTable timeline = stacked(traces, "simulation_timeline");
  const auto chart = [&](const char* y, const char* title, const char* caption) {
    return Chart{.kind = ChartKind::step,
                 .title = title,
                 .caption = caption,
                 .table = timeline,
                 .x = "time",
                 .y = {y},
                 .series = "policy"};
  };
  return {.heading = "On a simulated server",
          .text = traces.front().table("simulation_summary").description() +
                  "\n\nThe recorded episodes are projected onto the served model by the token "
                  "scale and served by continuous batching; the simulation decides when things "
                  "happen, never what.",
          .blocks = {chart("output_throughput", "Throughput",
                           "Higher is better; the run ends "
                           "sooner."),
                     chart("kv_used", "KV pool occupancy",
                           "Share of the pool in physical pages; at 100 % episodes wait or are "
                           "preempted."),
                     chart("batch", "Batch size", "Threads in one iteration, auxiliary ones too."),
                     TableBlock{.title = "Serving", .table = stacked(traces, "simulation_summary")},
                     TableBlock{.title = "Memory and capacity",
                                .table = stacked(traces, "simulation_capacity"),
                                .folded = true}}};
}

Section limits_section() {
  return {.heading = "How to read this",
          .text =
              "The model is small and the task synthetic: the report shows mechanisms, not the "
              "accuracy of a large model. A policy's accuracy is that of these episodes, with "
              "the interval shown. Serving figures come from a cost model with a token scale "
              "and assumed tool latencies. `hindsight` is an oracle that no real system has.",
          .blocks = {}};
}

}  // namespace

Report build_report(const Traces& traces) {
  const auto& header = traces.front().header;
  Report report;
  report.title = "KV cache of " + header.task + " agents";
  report.subtitle =
      fmt::format("{} episodes a policy on {}",
                  traces.front().table("episodes_summary").number(0, "episodes"), header.model);
  report.provenance = {{"pagequest", version_text()},
                       {"task", header.task + " (" + header.setting + ")"},
                       {"model", header.model},
                       {"seed", std::to_string(header.seed)},
                       {"page size", std::to_string(header.page_size) + " tokens"}};
  for (const auto& trace : traces) {
    report.traces.push_back({trace.label, trace.path.string()});
    report.provenance.emplace_back("recorded as " + trace.label, trace.header.config_json);
  }
  report.sections = {cost_section(traces), live_section(traces), usage_section(traces),
                     server_section(traces), limits_section()};
  return report;
}

std::vector<std::filesystem::path> write_report(const Traces& traces,
                                                const std::filesystem::path& target,
                                                const notebooks_export::ExporterEntry& exporter,
                                                bool notebook) {
  const Report report = build_report(traces);
  auto files = exporter.write(report, target);
  if (notebook && exporter.name == "html") {
    auto beside = target;
    beside.replace_extension(".ipynb");
    const auto more = notebooks_export::find_exporter("ipynb").write(report, beside);
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

}  // namespace pagequest::cli
