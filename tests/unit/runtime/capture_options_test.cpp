// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What a capture gives beside mean and max, against a dense pass in double precision.
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/unit/runtime/dense_comparison.h"

namespace pagequest::runtime::test {
namespace {

constexpr std::int32_t kPageSize = 8;
constexpr std::size_t kLayers = 2;
constexpr std::size_t kQueryHeads = 6;
constexpr std::size_t kKvHeads = 2;
constexpr std::size_t kGroup = 3;
constexpr std::size_t kHeadDim = 16;

struct Run {
  RecordingSink sink;
  DenseResult dense;
};

/// A prompt in chunks, then decode steps, with the options and without a policy.
Run run(const CaptureOptions& options, std::int32_t prefill_rows = 4) {
  const model::Model model = tiny_model();
  Run result;
  Engine engine(model,
                {.page_size = kPageSize,
                 .pool_pages = 100,
                 .prefill_chunk = 11,
                 .prefill_rows = prefill_rows,
                 .capture_options = options},
                result.sink);
  generate(engine, add(engine, random_tokens(40, 1)), 12);
  result.dense = DenseLlama("tests/reference/tiny").run(tokens_of(result.sink.steps, Thread::main));
  return result;
}

std::size_t end_of(const RecordedStep& step) {
  return static_cast<std::size_t>(step.first) + step.tokens.size();
}

TEST_CASE("Masses per query head equal the dense softmax, and reduce to mean and max") {
  const Run result = run({.query_heads = true});
  for (const RecordedStep& step : result.sink.steps) {
    const std::size_t pages = step.pages.size();
    REQUIRE(step.query_head_mass.size() == kLayers * kQueryHeads * pages);
    const auto rows = static_cast<std::size_t>(step.query_rows);
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
      for (std::size_t head = 0; head < kQueryHeads; ++head) {
        for (std::size_t page = 0; page < pages; ++page) {
          double mass = 0.0;
          for (std::size_t row = end_of(step) - rows; row < end_of(step); ++row) {
            const auto& weights = result.dense.probabilities[layer][head][row];
            for (std::size_t t = page * kPageSize;
                 t < std::min((page + 1) * kPageSize, weights.size()); ++t) {
              mass += weights[t] / static_cast<double>(rows);
            }
          }
          const float captured = step.query_head_mass[(layer * kQueryHeads + head) * pages + page];
          CHECK(std::abs(captured - mass) < 1e-5);
          const std::size_t plane = (layer * kKvHeads + head / kGroup) * pages + page;
          CHECK(captured <= step.max[plane] + 1e-6F);
        }
      }
    }
  }
}

TEST_CASE("Token sets hold the tokens whose largest probability reaches a threshold") {
  const std::vector<float> thresholds{0.02F, 0.1F};
  const Run result = run({.thresholds = thresholds});
  std::size_t set = 0;
  for (const RecordedStep& step : result.sink.steps) {
    const std::size_t pages = step.pages.size();
    CHECK(step.thresholds == thresholds);
    REQUIRE(step.tokens_above.size() == thresholds.size() * kLayers * kKvHeads * pages);
    const auto rows = static_cast<std::size_t>(step.query_rows);
    for (std::size_t i = 0; i < step.tokens_above.size(); ++i) {
      const std::size_t page = i % pages;
      const std::size_t kv_head = i / pages % kKvHeads;
      const std::size_t layer = i / pages / kKvHeads % kLayers;
      const double threshold = static_cast<double>(thresholds[i / pages / kKvHeads / kLayers]);
      for (std::size_t bit = 0; bit < kPageSize; ++bit) {
        const std::size_t token = page * kPageSize + bit;
        double largest = 0.0;
        for (std::size_t row = end_of(step) - rows; row < end_of(step); ++row) {
          for (std::size_t head = kv_head * kGroup; head < (kv_head + 1) * kGroup; ++head) {
            const auto& weights = result.dense.probabilities[layer][head][row];
            if (token < weights.size()) largest = std::max(largest, weights[token]);
          }
        }
        if (std::abs(largest - threshold) < 1e-6) continue;
        const bool is_set = (step.tokens_above[i] >> bit & 1U) != 0;
        CHECK(is_set == (largest > threshold));
        set += is_set ? 1U : 0U;
      }
    }
  }
  CHECK(set > 100);
}

TEST_CASE("Query cosines compare the last query of a step with that of the step before") {
  const Run result = run({.query_cosine = true});
  const RecordedStep* before = nullptr;
  for (const RecordedStep& step : result.sink.steps) {
    if (before == nullptr) {
      CHECK(step.query_cosine.empty());
      before = &step;
      continue;
    }
    REQUIRE(step.query_cosine.size() == kLayers * kKvHeads);
    for (std::size_t i = 0; i < step.query_cosine.size(); ++i) {
      const auto& queries = result.dense.queries[i / kKvHeads];
      double mean = 0.0;
      for (std::size_t head = 0; head < kGroup; ++head) {
        double product = 0.0;
        double squares[2] = {0.0, 0.0};
        for (std::size_t d = 0; d < kHeadDim; ++d) {
          const std::size_t at = (i % kKvHeads * kGroup + head) * kHeadDim + d;
          const double a = queries[end_of(*before) - 1][at];
          const double b = queries[end_of(step) - 1][at];
          product += a * b;
          squares[0] += a * a;
          squares[1] += b * b;
        }
        mean += product / std::sqrt(squares[0] * squares[1]) / static_cast<double>(kGroup);
      }
      CHECK(std::abs(step.query_cosine[i] - mean) < 1e-4);
    }
    before = &step;
  }
}

TEST_CASE("Key bounds follow the step that fills a page and equal those of dense keys") {
  const Run result = run({.key_bounds = true});
  REQUIRE(result.sink.bounds.size() == 6);  // of 51 tokens in pages of 8
  for (std::size_t page = 0; page < result.sink.bounds.size(); ++page) {
    const RecordedBounds& bounds = result.sink.bounds[page];
    CHECK(bounds.page == static_cast<std::int32_t>(page));
    CHECK(bounds.step == step_of(result.sink.steps, (page + 1) * kPageSize - 1));
    REQUIRE(bounds.lowest.size() == kLayers * kKvHeads * kHeadDim);
    for (std::size_t i = 0; i < bounds.lowest.size(); ++i) {
      const auto& keys = result.dense.keys[i / kHeadDim / kKvHeads];
      const std::size_t at = i % (kHeadDim * kKvHeads);
      float lowest = std::numeric_limits<float>::infinity();
      float highest = -lowest;
      for (std::size_t t = page * kPageSize; t < (page + 1) * kPageSize; ++t) {
        lowest = std::min(lowest, keys[t][at]);
        highest = std::max(highest, keys[t][at]);
      }
      CHECK(std::abs(bounds.lowest[i] - lowest) < 1e-4F);
      CHECK(std::abs(bounds.highest[i] - highest) < 1e-4F);
    }
  }
  const auto& log = result.sink.log;
  const auto bounded = std::find(log.begin(), log.end(), "bounded");
  REQUIRE(bounded != log.end());
  CHECK(*std::prev(bounded) == "attended");
}

TEST_CASE("Nothing that is captured changes a bit of tokens, logits or masses") {
  const model::Model model = tiny_model();
  std::vector<std::vector<std::int32_t>> tokens;
  std::vector<std::vector<float>> logits;
  std::vector<std::vector<float>> masses;
  const CaptureOptions all{
      .query_heads = true, .thresholds = {0.01F, 0.1F}, .query_cosine = true, .key_bounds = true};
  for (const bool capture : {false, true}) {
    for (const CaptureOptions& options : {CaptureOptions{}, all}) {
      RecordingSink sink;
      Engine engine(model,
                    {.page_size = 8,
                     .pool_pages = 100,
                     .prefill_chunk = 16,
                     .capture = capture,
                     .capture_options = options},
                    sink);
      const SequenceId sequence = add(engine, random_tokens(50, 3));
      tokens.push_back(generate(engine, sequence, 20));
      logits.push_back(logits_of(engine, sequence));
      masses.push_back(sink.steps.back().mean);
      CHECK(sink.bounds.empty() == !(capture && options.key_bounds));
    }
  }
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    CHECK(tokens[i] == tokens[0]);
    CHECK(logits[i] == logits[0]);
  }
  CHECK(masses[2] == masses[3]);
}

}  // namespace
}  // namespace pagequest::runtime::test
