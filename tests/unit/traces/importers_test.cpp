// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "tests/unit/traces/imported.h"
#include "traces/import/request_figures.h"

using namespace pagequest;
using namespace pagequest::traces;
using Catch::Matchers::Contains;
using testing::import_error;
using testing::imported;

namespace {

struct Sample {
  const char* format;
  const char* text;
};

constexpr Sample kSamples[] = {
    {"azure", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n"},
    {"bailian", R"({"chat_id": 1, "parent_chat_id": -1, "timestamp": 1, "input_length": 5})"},
    {"burstgpt", "Timestamp,Model,Request tokens,Response tokens\n5,ChatGPT,472,18\n"},
    {"llmservingsim", R"({"input_toks": 5, "output_toks": 2})"},
    {"llmservingsim", R"({"sub_requests": [{"input_toks": 5, "output_toks": 2}]})"},
    {"mooncake", R"({"input_length": 5})"},
    {"mooncake", R"({"schema": "x", "hash_id_scope": "local"})"
                 "\n"
                 R"({"input_tokens": 5})"},
    {"vidur", "num_prefill_tokens,num_decode_tokens\n5,6\n"},
    {"weka", R"({"block_size": 64, "hash_id_scope": "local", "requests": [{"in": 5, "out": 2}]})"},
};

/// Prompts of a random tree: each continues a random earlier one from a random place on.
RequestTrace random_trace(std::uint64_t seed, bool chained) {
  Rng rng(seed);
  RequestTrace trace;
  trace.identity = {.block_tokens = 4,
                    .semantics = chained ? IdSemantics::prefix_chained : IdSemantics::content_only};
  std::vector<std::vector<std::uint64_t>> prompts(1);
  for (int i = 0; i < 200; ++i) {
    std::vector<std::uint64_t> ids = prompts[rng.below(prompts.size())];
    ids.resize(rng.below(ids.size() + 1));
    // Contents are few, so that equal ones follow different ones; chained ids are never given
    // twice.
    for (int add = rng.between(1, 5); add > 0; --add)
      ids.push_back(chained ? rng.next() : rng.below(9));
    trace.rows.push_back({.first_block = trace.blocks.size(),
                          .blocks = static_cast<std::int32_t>(ids.size()),
                          .input_tokens = static_cast<std::int32_t>(4 * ids.size())});
    trace.blocks.insert(trace.blocks.end(), ids.begin(), ids.end());
    prompts.push_back(ids);
  }
  return trace;
}

double seen_share(const RequestFigures& figures) {
  return static_cast<double>(figures.blocks_seen_before) / static_cast<double>(figures.blocks);
}

}  // namespace

TEST_CASE("Every format is known by its content, and by no other importer") {
  for (const Sample& sample : kSamples) {
    INFO(sample.text);
    CHECK(imported(sample.text).format == sample.format);
    for (const ImporterEntry& entry : importers()) {
      CHECK(entry.detect(sample.text) == (entry.name == sample.format));
    }
  }
}

TEST_CASE("Damaged text gives a trace or an Error, and nothing else") {
  Rng rng(7);
  int refused = 0;
  for (const Sample& sample : kSamples) {
    const std::string whole = std::string(sample.text) + "\n" + sample.text;
    for (int round = 0; round < 300; ++round) {
      std::string text = whole.substr(0, 1 + rng.below(whole.size()));
      for (int flips = rng.between(0, 3); flips > 0; --flips) {
        text[rng.below(text.size())] = static_cast<char>(rng.below(256));
      }
      ImportOptions options;
      options.format = sample.format;
      refused += import_error(text, options).empty() ? 0 : 1;  // any other exception fails
    }
  }
  CHECK(refused > 0);
}

TEST_CASE("A named format is used whatever the content looks like") {
  ImportOptions options;
  options.format = "vidur";
  CHECK(imported(kSamples[7].text, options).format == "vidur");
  CHECK_THAT(import_error(kSamples[0].text, options), Contains("lacks a column"));
}

TEST_CASE("An unknown format name is an error that lists the valid ones") {
  ImportOptions options;
  options.format = "moonkake";
  CHECK_THAT(import_error("x", options), Contains("mooncake") && Contains("azure"));
}

TEST_CASE("Content of no known format is an error that lists the formats") {
  for (const char* text :
       {"hello\n", "{}", "a,b\n1,2\n", R"({"event_type": 1, "input_tokens": 5})"}) {
    CHECK_THAT(import_error(text), Contains("cannot tell the format") && Contains("mooncake"));
  }
  CHECK_THAT(import_error(""), Contains("an empty file"));
}

TEST_CASE("Figures count what a hand count gives") {
  const RequestTrace trace = imported(
      R"({"timestamp": 0, "input_length": 12, "output_length": 1, "block_size": 4, "hash_ids": [1, 2, 3]}
{"timestamp": 5, "input_length": 11, "output_length": 3, "block_size": 4, "hash_ids": [1, 2, 4]}
{"timestamp": 9, "input_length": 5, "output_length": 5, "block_size": 4, "hash_ids": [2, 1]})");
  const RequestFigures figures = request_figures(trace);
  CHECK(figures.requests == 3);
  CHECK(figures.sessions == 3);
  CHECK(figures.agents == 0);
  CHECK(figures.blocks == 8);
  CHECK(figures.unique_blocks == 4);
  CHECK(figures.blocks_seen_before == 4);
  CHECK(figures.ids_with_two_predecessors == 2);  // 1 and 2 of the last row
  CHECK(figures.mean_input_tokens == Approx(28.0 / 3));
  CHECK(figures.mean_output_tokens == Approx(3));
  CHECK(figures.last_arrival_ns == 9'000'000);
  CHECK(prefix_hit_ceiling(trace) == Approx(4.0 / 8));
}

TEST_CASE("On prefix-chained traces the hit ceiling is the share of ids seen before") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const RequestTrace trace = random_trace(seed, true);
    const RequestFigures figures = request_figures(trace);
    CHECK(figures.ids_with_two_predecessors == 0);
    CHECK(figures.blocks_seen_before > 0);
    CHECK(prefix_hit_ceiling(trace) == Approx(seen_share(figures)).epsilon(1e-12));
  }
}

TEST_CASE("On content-only traces chaining lowers the share seen before to the hit ceiling") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RequestTrace trace = random_trace(seed, false);
    const double naive = seen_share(request_figures(trace));
    rechain(trace);
    const RequestFigures figures = request_figures(trace);
    CHECK(figures.ids_with_two_predecessors == 0);
    CHECK(seen_share(figures) < naive);
    CHECK(prefix_hit_ceiling(trace) == Approx(seen_share(figures)).epsilon(1e-12));
  }
}
