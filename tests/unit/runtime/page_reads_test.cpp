// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Pages that decode steps choose to read. The oracle for a choice is a brute-force ranking of dense
// queries and keys: below and in the first layer that selects, a selection has changed none of
// them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include <catch2/catch.hpp>

#include "engine/runtime/engine_config.h"
#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

constexpr std::int32_t kPageSize = 4;
constexpr std::size_t kKvHeads = 2;
constexpr std::size_t kGroup = 3;
constexpr std::size_t kHeadDim = 16;
constexpr std::int32_t kPrompt = 50;

kv::PolicySpec quest(std::int32_t budget_tokens, const std::string& dense_layers,
                     const std::string& last_page = "always") {
  return {.name = "quest",
          .params = {{"dense_layers", dense_layers}, {"last_page", last_page}},
          .budget_tokens = budget_tokens};
}

EngineConfig config_for(const kv::PolicySpec& policy) {
  return fitted({.page_size = kPageSize, .pool_pages = 100, .prefill_chunk = 16}, policy);
}

/// A prompt and the steps that follow it.
RecordingSink play(const kv::PolicySpec& policy, std::int32_t steps = 24) {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, config_for(policy), sink);
  generate(engine, add(engine, random_tokens(kPrompt, 1), {}, policy), steps);
  return sink;
}

/// Pages that got attention from a (layer, KV head) in a step.
std::set<std::int32_t> attended(const RecordedStep& step, std::size_t plane) {
  std::set<std::int32_t> pages;
  for (std::size_t i = 0; i < step.pages.size(); ++i) {
    if (step.mean[plane * step.pages.size() + i] > 0.0F) pages.insert(step.pages[i]);
  }
  return pages;
}

/// Largest of the group's bounds of a page of keys at positions up to `position`.
double bound(const DenseResult& dense, std::size_t layer, std::size_t kv_head, std::size_t page,
             std::size_t position) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t head = kv_head * kGroup; head < (kv_head + 1) * kGroup; ++head) {
    double sum = 0.0;
    for (std::size_t d = 0; d < kHeadDim; ++d) {
      const double query = dense.queries[layer][position][head * kHeadDim + d];
      double most = -std::numeric_limits<double>::infinity();
      for (std::size_t t = page * kPageSize; t < (page + 1) * kPageSize && t <= position; ++t) {
        most = std::max(most, query * dense.keys[layer][t][kv_head * kHeadDim + d]);
      }
      sum += most;
    }
    largest = std::max(largest, sum);
  }
  return largest;
}

/// The pages that a head should read, empty where the ranking is too close to call.
std::set<std::int32_t> best_pages(const DenseResult& dense, std::size_t layer, std::size_t kv_head,
                                  std::size_t position, std::size_t count, bool last_always) {
  std::vector<std::pair<double, std::int32_t>> ranked;
  for (std::size_t page = 0; page * kPageSize <= position; ++page) {
    const bool last = (page + 1) * kPageSize > position;
    ranked.emplace_back(last && last_always ? 1e30 : bound(dense, layer, kv_head, page, position),
                        static_cast<std::int32_t>(page));
  }
  std::ranges::sort(ranked, std::greater<>());
  std::set<std::int32_t> best;
  if (ranked[count - 1].first - ranked[count].first < 1e-4) return best;
  for (std::size_t i = 0; i < count; ++i) best.insert(ranked[i].second);
  return best;
}

TEST_CASE("A decode step reads the pages that a brute-force ranking of all keys finds") {
  const bool last_always = GENERATE(true, false);
  const std::size_t layer = GENERATE(0U, 1U);
  const auto policy = quest(20, std::to_string(layer), last_always ? "always" : "as-others");
  const RecordingSink sink = play(policy);
  const DenseResult dense =
      DenseLlama("tests/reference/tiny").run(tokens_of(sink.steps, Thread::main));
  int compared = 0;
  for (const RecordedStep& step : sink.steps) {
    if (step.kind != StepKind::decode || step.first < kPrompt) continue;
    for (std::size_t head = 0; head < kKvHeads; ++head) {
      const auto best =
          best_pages(dense, layer, head, static_cast<std::size_t>(step.first), 5, last_always);
      if (best.empty()) continue;
      CHECK(attended(step, layer * kKvHeads + head) == best);
      ++compared;
    }
  }
  CHECK(compared > 35);
}

TEST_CASE("What is read is attended to as if there was nothing else") {
  const RecordingSink sink = play(quest(20, "1"));
  const DenseResult dense =
      DenseLlama("tests/reference/tiny").run(tokens_of(sink.steps, Thread::main));
  for (const RecordedStep& step : sink.steps) {
    if (step.kind != StepKind::decode) continue;
    const std::size_t pages = step.pages.size();
    for (std::size_t plane = kKvHeads; plane < 2 * kKvHeads; ++plane) {
      const auto read = attended(step, plane);
      std::vector<double> masses(pages);
      for (std::size_t head = 0; head < kGroup; ++head) {
        const auto& row = dense.probabilities[1][(plane - kKvHeads) * kGroup + head]
                                             [static_cast<std::size_t>(step.first)];
        std::vector<double> of_page(pages);
        for (std::size_t t = 0; t < row.size(); ++t) {
          if (read.contains(static_cast<std::int32_t>(t) / kPageSize))
            of_page[t / kPageSize] += row[t];
        }
        const double total = std::accumulate(of_page.begin(), of_page.end(), 0.0);
        for (std::size_t i = 0; i < pages; ++i) masses[i] += of_page[i] / total / kGroup;
      }
      for (std::size_t i = 0; i < pages; ++i) {
        CHECK(std::abs(step.mean[plane * pages + i] - masses[i]) < 1e-5);
      }
    }
  }
}

TEST_CASE("Prefills and dense layers read everything, the others what the budget allows") {
  const RecordingSink sink = play(quest(20, "1"));
  int decodes = 0;
  for (const RecordedStep& step : sink.steps) {
    const auto length = step.first + static_cast<std::int32_t>(step.tokens.size());
    if (step.kind == StepKind::prefill || step.first < kPrompt) {
      CHECK(attended(step, 2).size() == step.pages.size());
      continue;
    }
    ++decodes;
    REQUIRE(step.tokens_read.size() == 2 * kKvHeads);
    for (std::size_t plane = 0; plane < 2 * kKvHeads; ++plane) {
      const auto pages = attended(step, plane);
      const bool dense = plane < kKvHeads;
      CHECK(pages.size() == (dense ? step.pages.size() : 5));
      // The last page is read always; all others are full.
      const std::int32_t in_last = length - length / kPageSize * kPageSize;
      const std::int32_t selected = in_last == 0 ? 20 : 16 + in_last;
      CHECK(step.tokens_read[plane] == (dense ? length : selected));
    }
  }
  CHECK(decodes == 23);
}

TEST_CASE("With a budget beyond the context nothing differs from a full cache by a bit") {
  const RecordingSink full = play({});
  for (const std::string name : {"quest", "flexicache"}) {
    RecordingSink sink = play({.name = name, .params = {}, .budget_tokens = 200});
    for (RecordedStep& step : sink.steps) {
      if (step.kind == StepKind::decode) {
        CHECK(step.tokens_read == std::vector<std::int32_t>(4, step.first + 1));
      }
      step.tokens_read.clear();
    }
    CHECK(sink.steps == full.steps);
  }
}

TEST_CASE("The event follows the step's attention, at decode steps only") {
  const RecordingSink sink = play(quest(20, "0"), 3);
  const std::vector<std::string> expected{
      "began",    "filled", "attended", "filled", "attended", "filled",   "attended", "filled",
      "attended", "filled", "attended", "read",   "filled",   "attended", "read"};
  CHECK(sink.log == expected);
}

TEST_CASE("A stable head keeps its pages for rerank_steps and reads the newer ones besides") {
  const kv::PolicySpec policy{.name = "flexicache",
                              .params = {{"rerank_steps", "8"}, {"unstable_heads", "1:0"}},
                              .budget_tokens = 12};
  const RecordingSink sink = play(policy);
  std::set<std::int32_t> kept;
  std::int32_t newest = -1;
  std::int32_t decodes = 0;
  bool moved = false;
  for (const RecordedStep& step : sink.steps) {
    if (step.kind != StepKind::decode || step.first < kPrompt) continue;
    const auto read = attended(step, 0);
    if (decodes++ % 8 == 0) {
      CHECK(read.size() == 3);
      moved = moved || (newest >= 0 && !std::ranges::includes(kept, read));
      kept = read;
      newest = step.pages.back();
    }
    std::set<std::int32_t> expected = kept;
    for (std::int32_t page = newest + 1; page <= step.pages.back(); ++page) expected.insert(page);
    CHECK(read == expected);
    CHECK(attended(step, kKvHeads).size() == 3);  // unstable
  }
  CHECK(decodes == 23);
  CHECK(moved);
}

TEST_CASE("A policy that selects what is read needs page bounds, and the processor") {
  const model::Model model = tiny_model();
  const kv::PolicySpec policy = quest(20, "0");
  const auto refuses = [&](EngineConfig config, const std::string& word) {
    CHECK_THROWS_WITH(controller_for(policy, resolve(config, model), model.config()),
                      Catch::Matchers::Contains(word));
  };
  refuses({}, "page bounds");
  refuses({.device = Device::cuda, .page_bounds = true}, "--device cpu");
  CHECK_NOTHROW(controller_for(policy, resolve(fitted({}, policy), model), model.config()));
  CHECK_THROWS_WITH(
      controller_for(
          {.name = "flexicache", .params = {{"unstable_heads", "2:0"}}, .budget_tokens = 64},
          resolve({.page_bounds = true}, model), model.config()),
      Catch::Matchers::Contains("layers below 2"));
}

}  // namespace
}  // namespace pagequest::runtime::test
