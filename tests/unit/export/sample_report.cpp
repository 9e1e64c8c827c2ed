// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/export/sample_report.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace pagequest::testing {
namespace {

using namespace notebooks_export;

ResultTable summary_table() {
  ResultTable table("episodes_summary", "Accuracy with its 95 % Wilson interval.",
                    {{"policy", ""},
                     {"episodes", "episodes"},
                     {"accuracy", "share of episodes"},
                     {"accuracy_low", "share of episodes"},
                     {"accuracy_high", "share of episodes"},
                     {"peak_tokens_mean", "tokens"},
                     {"kv_reads_mean", "tokens"},
                     {"joins_parsed_share", "share of joins"}});
  const double none = std::numeric_limits<double>::quiet_NaN();
  const std::int64_t n = 200;
  table.add({std::string("full"), n, 0.96, 0.923, 0.98, 1203.4, 412345.5, none});
  table.add({std::string("h2o"), n, 0.35, 0.287, 0.418, 655.1, 241003.25, none});
  table.add({std::string("sidequest"), n, 0.95, 0.91, 0.973, 652.7, 228411.75, 0.995});
  table.add({std::string("streaming"), n, 0.19, 0.142, 0.25, 651.0, 236655.5, none});
  return table;
}

ResultTable live_table() {
  ResultTable table("live_tokens_by_progress", "Occupancy, mean over episodes.",
                    {{"policy", ""},
                     {"progress", "share of steps"},
                     {"tokens", "tokens"},
                     {"tokens_with_aux", "tokens"}});
  for (const bool full : {true, false}) {
    for (int i = 0; i <= 100; ++i) {
      const double x = i / 100.0;
      const double grown = 90 + 1113 * x;
      const double kept = full ? grown : 90 + 560 * std::tanh(2.2 * x) - 40 * std::sin(18 * x) * x;
      const double aux = full ? 0 : 24 * std::max(0.0, std::sin(25 * x));
      table.add({std::string(full ? "full" : "sidequest"), x, kept, kept + aux});
    }
  }
  return table;
}

ResultTable cdf_table() {
  ResultTable table("reuse_distance_cdf", "Share of the re-accesses at most so far.",
                    {{"policy", ""},
                     {"threshold", "share of mass"},
                     {"distance", "pages"},
                     {"cdf", "share of accesses"}});
  for (const bool full : {true, false}) {
    for (const double threshold : {0.01, 0.05, 0.2}) {
      const int last = full ? 74 : 44;
      for (std::int64_t d = 0; d <= last; ++d) {
        const double scale = (full ? 26.0 : 14.0) * (1.1 - 3 * threshold);
        const double cdf = d == last ? 1.0 : 1 - std::exp(-static_cast<double>(d + 1) / scale);
        table.add({std::string(full ? "full" : "sidequest"), threshold, d, cdf});
      }
    }
  }
  return table;
}

ResultTable throughput_table() {
  ResultTable table("simulated_throughput", "Simulated; not measured on a GPU.",
                    {{"policy", ""}, {"machine", ""}, {"throughput", "tokens/s"}});
  table.add({std::string("full"), std::string("h100-sxm-80gb"), 8123.5});
  table.add({std::string("sidequest"), std::string("h100-sxm-80gb"), 12877.25});
  table.add({std::string("full"), std::string("h200-sxm-141gb"), 13950.0});
  table.add({std::string("sidequest"), std::string("h200-sxm-141gb"), 18411.0});
  return table;
}

ResultTable occupancy_table() {
  ResultTable table("kv_occupancy", "Simulated KV pool over time.",
                    {{"policy", ""}, {"time", "s"}, {"kv", "bytes"}});
  for (const bool full : {true, false}) {
    for (int i = 0; i <= 240; ++i) {
      const double t = i * 0.5;
      const double end = full ? 120.0 : 76.0;
      const double level = (full ? 0.97 : 0.55) * 41e9;
      const double ramp = std::min({1.0, t / 9.0, std::max(0.0, (end - t) / 11.0)});
      const double bytes = level * ramp * (1 - 0.03 * std::abs(std::sin(t * 1.7)));
      table.add({std::string(full ? "full" : "sidequest"), t, bytes});
    }
  }
  return table;
}

Section overview() {
  return {.heading = "What compression costs & saves",
          .text =
              "Episodes of the same seeds under each policy.\n\nStrict means `no call` beyond "
              "the need; <b>this</b> isn't markup.",
          .blocks = {KeyFigures{{"Peak tokens", "−46 %", "653 against 1,203, mean of 200"},
                                {"Accuracy", "95.0 %", "full: 96.0 %"},
                                {"Simulated throughput", "×1.59", "h100-sxm-80gb, gpt-oss-20b"},
                                {"Helper overhead", "6.1 %", "of all decoded tokens"}},
                     Chart{.kind = ChartKind::scatter,
                           .title = "Accuracy against peak tokens",
                           .caption = "Up and to the left is better: `sidequest` keeps the "
                                      "accuracy of `full` at about half of its peak.",
                           .table = summary_table(),
                           .x = "peak_tokens_mean",
                           .y = {"accuracy"},
                           .series = "policy",
                           .y_low = "accuracy_low",
                           .y_high = "accuracy_high",
                           .point_label = "policy",
                           .x_label = "peak tokens, mean over episodes"},
                     TableBlock{.title = "All policies", .table = summary_table()}}};
}

Section locality() {
  return {.heading = "Locality",
          .text = {},
          .blocks = {Chart{.kind = ChartKind::line,
                           .title = "Live KV over time",
                           .caption = "Solid: main thread; dashed: with the auxiliary thread.",
                           .table = live_table(),
                           .x = "progress",
                           .y = {"tokens", "tokens_with_aux"},
                           .series = "policy",
                           .x_label = "progress of the episode",
                           .y_label = "live tokens"},
                     Chart{.kind = ChartKind::cdf,
                           .title = "Stack distances",
                           .caption = "Half of the re-accesses reach no further than 20 pages.",
                           .table = cdf_table(),
                           .x = "distance",
                           .y = {"cdf"},
                           .series = "policy",
                           .style = "threshold",
                           .x_label = "stack distance",
                           .y_label = "re-accesses"}}};
}

Section simulated() {
  return {
      .heading = "Simulated serving",
      .text = {},
      .blocks = {Chart{.kind = ChartKind::bar,
                       .title = "Throughput",
                       .caption = "Bars side by side are one machine.",
                       .table = throughput_table(),
                       .x = "machine",
                       .y = {"throughput"},
                       .series = "policy"},
                 Chart{.kind = ChartKind::step,
                       .title = "KV occupancy",
                       .caption = "The compressed run ends earlier and never fills the pool.",
                       .table = occupancy_table(),
                       .x = "time",
                       .y = {"kv"},
                       .series = "policy",
                       .y_label = "KV cache"},
                 TableBlock{.title = "Throughput", .table = throughput_table(), .folded = true}}};
}

}  // namespace

Report sample_report() {
  return {.title = "SideQuest beside \"full\" & 'friends'",
          .subtitle = "pocket-hops, default, 200 episodes a policy",
          .provenance = {{"task", "pocket-hops (default), seed 7"},
                         {"model", "pocket-0.8m <sha256 1f3c>"},
                         {"command", "`pagequest report full.h5 sq.h5 -o report.html`"}},
          .traces = {{"full", "traces/full.h5"}, {"sidequest", "traces/sq.h5"}},
          .sections = {overview(), locality(), simulated()}};
}

}  // namespace pagequest::testing
