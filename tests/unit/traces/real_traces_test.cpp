// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Figures of public traces, counted by an independent script or published with them. The files are
// not part of PageQuest (sources in docs/request_traces.md); without them the cases are skipped.
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "traces/import/importer.h"
#include "traces/import/request_figures.h"

using namespace pagequest::traces;

namespace {

struct Golden {
  const char* file;
  const char* format;
  std::int64_t requests;
  std::int64_t blocks;
  std::int64_t unique;
  double seen_share;
  double mean_input;  // rounded to 1, or to 0.1 where the tolerance says so
  double mean_output;
  double tolerance;
};

constexpr Golden kGolden[] = {
    {"mooncake_conversation_trace.jsonl", "mooncake", 12'031, 288'500, 182'790, 0.3664, 12'035, 343,
     0.51},
    {"kv-cache-tester/trace_0136.json", "weka", 36, 281'234, 7'994, 0.9716, 500'006, 276, 0.51},
    {"kv-cache-tester/trace_0677.json", "weka", 116, 189'713, 2'909, 0.9847, 104'702, 384, 0.51},
    {"kv-cache-tester/trace_0277.json", "weka", 53, 40'230, 5'091, 0.8735, 48'612, 601, 0.51},
    {"azure2023_code.csv", "azure", 8'819, 0, 0, 0, 2047.8, 27.9, 0.051},
    {"azure2023_conv.csv", "azure", 19'366, 0, 0, 0, 1154.7, 211.1, 0.051},
};

/// "" with a warning where the file is not there.
std::string path_of(const std::string& file) {
  const auto path = std::filesystem::path(PQ_SHARED_DATA) / file;
  if (std::filesystem::exists(path)) return path.string();
  WARN("skipped: no file " << path.string());
  SUCCEED("skipped");
  return {};
}

}  // namespace

TEST_CASE("Public traces have the requests, blocks and means that were counted in them") {
  for (const Golden& golden : kGolden) {
    const std::string path = path_of(golden.file);
    if (path.empty()) continue;
    INFO(golden.file);
    CHECK(detect_request_trace(path)->name == golden.format);
    const RequestTrace trace = import_requests(path);
    const RequestFigures figures = request_figures(trace);
    CHECK(figures.requests == golden.requests);
    CHECK(figures.blocks == golden.blocks);
    CHECK(figures.unique_blocks == golden.unique);
    CHECK(figures.ids_with_two_predecessors == 0);
    CHECK(figures.mean_input_tokens == Approx(golden.mean_input).margin(golden.tolerance));
    CHECK(figures.mean_output_tokens == Approx(golden.mean_output).margin(golden.tolerance));
    CHECK(has_block_ids(trace) == (golden.blocks > 0));
    if (golden.blocks == 0) continue;
    const double share =
        static_cast<double>(figures.blocks_seen_before) / static_cast<double>(figures.blocks);
    CHECK(share == Approx(golden.seen_share).margin(0.00005));
    CHECK(prefix_hit_ceiling(trace) == Approx(share).epsilon(1e-12));
  }
}

TEST_CASE("Sub-agents of a public session start together, after the request that starts them") {
  const std::string path = path_of("kv-cache-tester/trace_0277.json");
  if (path.empty()) return;
  const RequestTrace trace = import_requests(path);
  REQUIRE(trace.sessions.size() == 5);
  for (std::size_t i = 1; i <= 3; ++i) {  // t - duration_ms of the first three: 19.461 ... 19.474 s
    CHECK(trace.sessions[i].parent_row == 0);
    CHECK(trace.sessions[i].start_ns == Approx(19.47e9).margin(0.02e9));
  }
  CHECK(trace.sessions[4].start_ns == Approx(385.6e9).margin(0.02e9));
}

TEST_CASE("A folder of public sessions keeps the ids of its sessions apart") {
  const std::string folder = path_of("kv-cache-tester");
  if (folder.empty()) return;
  const RequestTrace trace = import_requests(folder);
  const RequestFigures figures = request_figures(trace);
  std::int64_t unique = 0;
  std::int64_t requests = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    const RequestFigures one = request_figures(import_requests(file.path().string()));
    unique += one.unique_blocks;
    requests += one.requests;
  }
  CHECK(figures.sessions == 12);
  CHECK(figures.requests == requests);
  CHECK(figures.unique_blocks == unique);
}

TEST_CASE("The traces that Vidur made of Azure's have the same lengths as Azure's") {
  const std::string azure = path_of("azure2023_conv.csv");
  const std::string vidur = path_of("vidur_splitwise_conv.csv");
  if (azure.empty() || vidur.empty()) return;
  const RequestTrace a = import_requests(azure);
  const RequestTrace v = import_requests(vidur);
  REQUIRE(a.rows.size() == v.rows.size());
  CHECK(request_figures(a).mean_input_tokens == request_figures(v).mean_input_tokens);
  CHECK(request_figures(a).mean_output_tokens == request_figures(v).mean_output_tokens);
  for (std::size_t i = 0; i < a.rows.size(); ++i) {
    REQUIRE(std::abs(a.rows[i].arrival_ns - v.rows[i].arrival_ns) < 1000);
  }
}

TEST_CASE("Public samples of the other formats are known by their content") {
  const std::pair<const char*, const char*> samples[] = {
      {"burstgpt3_sample_4rows.csv", "burstgpt"},
      {"llmservingsim_example_trace.jsonl", "llmservingsim"},
      {"llmservingsim_workload_me2_01_mixed.jsonl", "llmservingsim"},
      {"vidur_arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv", "vidur"},
      {"vidur_splitwise_code.csv", "vidur"}};
  for (const auto& [file, format] : samples) {
    const std::string path = path_of(file);
    if (path.empty()) continue;
    CHECK(import_requests(path).format == format);
  }
}
