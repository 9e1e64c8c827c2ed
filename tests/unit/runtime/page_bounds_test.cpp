// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Boxes around keys, in a cache of two layers with two KV heads.
#include <algorithm>

#include <catch2/catch.hpp>

#include "engine/runtime/kv_cache.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

constexpr std::int32_t kHeadDim = 8;

model::ModelConfig shape() {
  model::ModelConfig config;
  config.layers = 2;
  config.query_heads = 2;
  config.kv_heads = 2;
  config.head_dim = kHeadDim;
  return config;
}

/// A cache whose pages 0 and 1 hold random keys in two rows each.
struct Filled {
  explicit Filled(ops::KvType type)
      : groups(shape(), KvTables::shared),
        cache(groups, 4, {.type = type, .head_dim = kHeadDim, .page_size = 4}, true) {
    Rng rng(7);
    const std::vector<float> value(kHeadDim, 0.0F);
    for (std::int32_t page = 0; page < 2; ++page) {
      for (std::int32_t plane = 0; plane < groups.planes(); ++plane) {
        for (std::int32_t row = 0; row < 2; ++row) {
          std::vector<float> key(kHeadDim);
          for (float& x : key) x = static_cast<float>(rng.uniform() - 0.5);
          cache.layout().store(block(plane, page), row, key.data(), value.data());
        }
        take(plane, page, 0b11, true);
      }
    }
  }

  std::byte* block(std::int32_t plane, std::int32_t page) {
    return cache.block(plane / 2, PageId{page}, plane % 2);
  }
  void take(std::int32_t plane, std::int32_t page, std::uint64_t rows, bool stale) {
    std::vector<float> key(kHeadDim);
    cache.bounds()
        ->at(plane, PageId{page})
        .take_rows(cache.layout(), block(plane, page), rows, stale, key);
  }
  /// Whether the box of a page holds the stored key of a row of a page.
  bool holds(std::int32_t box_of, std::int32_t page, std::int32_t row) {
    for (std::int32_t plane = 0; plane < groups.planes(); ++plane) {
      std::vector<float> key(kHeadDim);
      cache.layout().read(block(plane, page), row, key.data(), nullptr);
      const KeyBox box = cache.bounds()->at(plane, PageId{box_of});
      for (std::size_t d = 0; d < key.size(); ++d) {
        if (key[d] < box.lowest[d] || key[d] > box.highest[d]) return false;
      }
    }
    return true;
  }

  KvGroups groups;
  KvCache cache;
};

TEST_CASE("A box holds the keys as they are stored, rounded, and touches them on each side") {
  const ops::KvType type = GENERATE(ops::KvType::f32, ops::KvType::bf16, ops::KvType::int8);
  Filled filled(type);
  for (std::int32_t page = 0; page < 2; ++page) {
    CHECK(filled.holds(page, page, 0));
    CHECK(filled.holds(page, page, 1));
  }
  std::vector<float> first(kHeadDim);
  std::vector<float> second(kHeadDim);
  filled.cache.layout().read(filled.block(3, 1), 0, first.data(), nullptr);
  filled.cache.layout().read(filled.block(3, 1), 1, second.data(), nullptr);
  const KeyBox box = filled.cache.bounds()->at(3, PageId{1});
  for (std::size_t d = 0; d < first.size(); ++d) {
    CHECK(box.lowest[d] == std::min(first[d], second[d]));
    CHECK(box.highest[d] == std::max(first[d], second[d]));
  }
}

TEST_CASE("A stale box forgets what its page held before") {
  Filled filled(ops::KvType::f32);
  filled.take(0, 0, 0b10, true);
  std::vector<float> key(kHeadDim);
  filled.cache.layout().read(filled.block(0, 0), 1, key.data(), nullptr);
  const KeyBox box = filled.cache.bounds()->at(0, PageId{0});
  CHECK(std::ranges::equal(box.lowest, key));
  CHECK(std::ranges::equal(box.highest, key));
}

TEST_CASE("A copied page has the box of the one that it was copied from") {
  Filled filled(ops::KvType::bf16);
  filled.cache.copy({.from = PageId{1}, .to = PageId{3}});
  CHECK(filled.holds(3, 1, 0));
  CHECK(filled.holds(3, 1, 1));
  CHECK_FALSE(filled.holds(3, 0, 0));
}

TEST_CASE("A page that takes rows of another one has a box around both") {
  Filled filled(ops::KvType::f32);
  filled.cache.move({.from = PageId{1}, .to = PageId{0}, .from_rows = 0b11, .to_rows = 0b1100});
  for (std::int32_t row = 0; row < 4; ++row) CHECK(filled.holds(0, 0, row));
}

}  // namespace
}  // namespace pagequest::runtime::test
