// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/attention_block.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using traces::PackedBlock;
using traces::RawBlock;
using traces::UnpackedStep;

namespace {

struct Step {
  std::vector<std::int32_t> pages;
  std::vector<float> mean;
  std::vector<float> max;
};

/// Steps with pages that appear, go and come again.
std::vector<Step> random_steps(int count, std::size_t groups, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<Step> steps(static_cast<std::size_t>(count));
  for (auto& step : steps) {
    for (std::int32_t page = 0; page < 20; ++page) {
      if (rng.chance(0.6)) step.pages.push_back(page);
    }
    for (std::size_t i = 0; i < groups * step.pages.size(); ++i) {
      step.mean.push_back(static_cast<float>(rng.uniform()));
      step.max.push_back(static_cast<float>(rng.uniform()));
    }
  }
  return steps;
}

RawBlock block_of(const std::vector<Step>& steps, std::int32_t layers, std::int32_t heads) {
  RawBlock raw;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    raw.add({.episode = EpisodeId{0},
             .thread = Thread::main,
             .step = static_cast<std::int32_t>(i),
             .query_rows = 1,
             .layers = layers,
             .kv_heads = heads,
             .pages = steps[i].pages,
             .mean = steps[i].mean,
             .max = steps[i].max});
  }
  return raw;
}

}  // namespace

TEST_CASE("unpacking gives every step's pages and masses back") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto steps = random_steps(32, 6, seed);
    const PackedBlock packed = pack(block_of(steps, 3, 2), {.groups = 6});
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const UnpackedStep step = unpack(packed, s);
      CHECK(step.pages == steps[s].pages);
      CHECK(step.mean == steps[s].mean);
      CHECK(step.max == steps[s].max);
    }
  }
}

TEST_CASE("masses per query head and token sets are packed as the masses are") {
  RawBlock raw;
  const std::vector<std::int32_t> first{0, 2};
  const std::vector<std::int32_t> second{2};
  const std::vector<float> four{1, 2, 3, 4};
  const std::vector<float> two{5, 6};
  const std::vector<std::uint64_t> bits_of_four{1, 2, 4, 8};
  const std::vector<std::uint64_t> bits_of_two{16, 32};
  raw.add({.pages = first,
           .mean = std::span(four).first(2),
           .max = std::span(four).first(2),
           .query_head_mass = four,
           .tokens_above = bits_of_four});
  raw.add({.pages = second,
           .mean = std::span(two).first(1),
           .max = std::span(two).first(1),
           .query_head_mass = two,
           .tokens_above = bits_of_two});
  const PackedBlock packed = pack(raw, {.groups = 1, .query_heads = 2, .thresholds = 2});
  CHECK(packed.query_head_mass == std::vector<float>{1, 2, /**/ 0, 5, /*head 1*/ 3, 4, /**/ 0, 6});
  CHECK(packed.tokens_above ==
        std::vector<std::uint64_t>{1, 2, /**/ 0, 16, /*threshold 1*/ 4, 8, /**/ 0, 32});
  const UnpackedStep step = unpack(packed, 1);
  CHECK(step.query_head_mass == two);
  CHECK(step.tokens_above == bits_of_two);
}

TEST_CASE("a packed block is (group, step, page) over the union of the pages") {
  const std::vector<Step> steps{{{0, 2}, {1, 2, 3, 4}, {5, 6, 7, 8}},
                                {{2, 5}, {9, 8, 7, 6}, {5, 4, 3, 2}}};
  const PackedBlock packed = pack(block_of(steps, 2, 1), {.groups = 2});
  CHECK(packed.pages == std::vector<std::int32_t>{0, 2, 5});
  CHECK(packed.page_in_step == std::vector<std::uint32_t>{1, 3, 2});
  CHECK(packed.mean ==
        std::vector<float>{1, 2, 0, /**/ 0, 9, 8, /*group 1*/ 3, 4, 0, /**/ 0, 7, 6});
  CHECK(packed.max == std::vector<float>{5, 6, 0, /**/ 0, 5, 4, /*group 1*/ 7, 8, 0, /**/ 0, 3, 2});
}
