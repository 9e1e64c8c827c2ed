// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/kept_attention.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using namespace pagequest::simulator;

// The reference is the softmax itself: over the scores of the kept pages and the sink.

namespace {

constexpr std::size_t kPages = 6;
constexpr std::size_t kLayers = 2;
constexpr std::size_t kGroup = 2;  // query heads of the one KV head

struct Scores {
  std::vector<double> of_page;  // (page), one token each
  double sink;
};

struct Step {
  std::vector<std::int32_t> pages;
  std::vector<float> mean;
  std::vector<float> max;
  std::vector<std::int32_t> first_page{0, 2};
  std::vector<float> sink_share;
  std::vector<float> query_head_mass;
  std::vector<float> thresholds{0.1F};
  std::vector<std::uint64_t> tokens_above = std::vector<std::uint64_t>(kLayers * kPages, 1);

  [[nodiscard]] PagesAttended event() const {
    return {.query_rows = 1,
            .layers = static_cast<std::int32_t>(kLayers),
            .kv_heads = 1,
            .pages = pages,
            .mean = mean,
            .max = max,
            .first_page = first_page,
            .sink_share = sink_share,
            .query_head_mass = query_head_mass,
            .thresholds = thresholds,
            .tokens_above = tokens_above};
  }
};

/// Attention by the scores of each (layer, query head), over the pages that are kept.
Step softmax(const std::vector<Scores>& scores, const std::function<bool(std::int32_t)>& is_kept) {
  Step step;
  for (std::int32_t page = 0; page < static_cast<std::int32_t>(kPages); ++page) {
    if (is_kept(page)) step.pages.push_back(page);
  }
  for (std::size_t layer = 0; layer < kLayers; ++layer) {
    std::vector<double> mean(step.pages.size(), 0.0);
    std::vector<double> max(step.pages.size(), 0.0);
    double sinks = 0.0;
    for (std::size_t head = layer * kGroup; head < (layer + 1) * kGroup; ++head) {
      double total = std::exp(scores[head].sink);
      std::vector<double> masses;
      for (const std::int32_t page : step.pages) {
        const bool seen = layer == 0 || page >= 2;
        const double score = scores[head].of_page[static_cast<std::size_t>(page)];
        masses.push_back(seen ? std::exp(score) : 0.0);
        total += masses.back();
      }
      sinks += std::exp(scores[head].sink) / total / kGroup;
      for (std::size_t i = 0; i < masses.size(); ++i) {
        mean[i] += masses[i] / total / kGroup;
        max[i] = std::max(max[i], masses[i] / total);
        step.query_head_mass.push_back(static_cast<float>(masses[i] / total));
      }
    }
    step.sink_share.push_back(static_cast<float>(sinks));
    step.mean.insert(step.mean.end(), mean.begin(), mean.end());
    step.max.insert(step.max.end(), max.begin(), max.end());
  }
  return step;
}

/// Both query heads of a KV head have the same scores if `alike`: then a mean of softmaxes is one.
std::vector<Scores> random_scores(std::uint64_t seed, bool alike) {
  Rng rng(seed);
  std::vector<Scores> scores;
  for (std::size_t head = 0; head < kLayers * kGroup; ++head) {
    if (alike && head % kGroup == 1) {
      scores.push_back(scores.back());
      continue;
    }
    scores.push_back({{}, 2.0 * rng.uniform()});
    for (std::size_t page = 0; page < kPages; ++page) {
      scores.back().of_page.push_back(4.0 * rng.uniform());
    }
  }
  return scores;
}

void check_close(std::span<const float> found, std::span<const float> expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i] == Approx(expected[i]).margin(1e-6));
  }
}

bool is_kept(std::int32_t page) { return page != 1 && page != 3; }
bool all(std::int32_t /*page*/) { return true; }
bool every_head_keeps(std::size_t /*plane*/, std::int32_t page) { return is_kept(page); }

}  // namespace

TEST_CASE("without some pages each query head has the softmax over the others and its sink") {
  const auto scores = random_scores(1, false);
  const Step whole = softmax(scores, all);
  KeptAttention kept;
  const PagesAttended found = kept.restrict(whole.event(), every_head_keeps);
  check_close(found.query_head_mass, softmax(scores, is_kept).query_head_mass);
}

TEST_CASE("without some pages means, maxima and sink shares are those of the others") {
  const auto scores = random_scores(2, true);
  const Step whole = softmax(scores, all);
  const Step expected = softmax(scores, is_kept);
  KeptAttention kept;
  const PagesAttended found = kept.restrict(whole.event(), every_head_keeps);
  CHECK(std::vector<std::int32_t>(found.pages.begin(), found.pages.end()) == expected.pages);
  check_close(found.mean, expected.mean);
  check_close(found.max, expected.max);
  check_close(found.sink_share, expected.sink_share);
}

TEST_CASE("first pages count the pages that are kept, and token sets are left out") {
  const Step whole = softmax(random_scores(3, false), all);
  KeptAttention kept;
  const PagesAttended found = kept.restrict(whole.event(), every_head_keeps);
  // Pages 0, 2, 4 and 5 are kept; the second layer sees pages from 2 on.
  CHECK(std::vector<std::int32_t>(found.first_page.begin(), found.first_page.end()) ==
        std::vector<std::int32_t>{0, 1});
  CHECK(found.thresholds.empty());
  CHECK(found.tokens_above.empty());
}
