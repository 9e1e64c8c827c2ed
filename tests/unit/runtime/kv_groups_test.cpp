// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/kv_groups.h"

#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/runtime/kv_cache.h"

namespace pagequest::runtime {
namespace {

using Layers = std::vector<std::int32_t>;

model::ModelConfig with_windows(const std::vector<std::int32_t>& windows) {
  model::ModelConfig model;
  model.layers = static_cast<std::int32_t>(windows.size());
  model.kv_heads = 3;
  model.head_dim = 8;
  model.windows = windows;
  return model;
}

TEST_CASE("A model with one kind of attention has one table for all layers and heads") {
  const KvGroups groups(with_windows({0, 0, 0, 0}), KvTables::shared);
  REQUIRE(groups.count() == 1);
  CHECK(groups.groups()[0].layers == Layers{0, 1, 2, 3});
  CHECK(groups.groups()[0].kv_heads == Layers{0, 1, 2});
  CHECK(groups.planes() == 12);
  CHECK_FALSE(groups.has_windows());
}

TEST_CASE("Layers of different windows are cut into groups of the same size") {
  const KvGroups alternating(with_windows({128, 0, 128, 0}), KvTables::shared);
  REQUIRE(alternating.count() == 2);
  CHECK(alternating.groups()[0].layers == Layers{0, 2});
  CHECK(alternating.groups()[0].window == 128);
  CHECK(alternating.groups()[1].layers == Layers{1, 3});
  CHECK(alternating.groups()[1].window == 0);
  CHECK(alternating.widest_window() == 0);
  CHECK(alternating.has_windows());

  const KvGroups uneven(with_windows({0, 0, 0, 0, 64, 64}), KvTables::shared);
  REQUIRE(uneven.count() == 3);
  CHECK(uneven.groups()[1].layers == Layers{2, 3});
  CHECK(uneven.groups()[2].layers == Layers{4, 5});
  CHECK(uneven.planes() == 6);
}

TEST_CASE("The widest window of a model without full attention is its largest") {
  CHECK(KvGroups(with_windows({32, 64}), KvTables::shared).widest_window() == 64);
}

TEST_CASE("Every layer and KV head has a plane of its own, with either kind of tables") {
  const KvTables tables = GENERATE(KvTables::shared, KvTables::per_head);
  const auto model = with_windows({0, 16, 16, 0, 0, 16});
  const KvGroups groups(model, tables);
  CHECK(groups.count() == (tables == KvTables::shared ? 2 : 18));
  std::set<std::pair<std::int32_t, std::int32_t>> seen;
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    for (std::int32_t head = 0; head < model.kv_heads; ++head) {
      const std::int32_t group = groups.group_of(layer, head);
      CHECK(groups.groups()[static_cast<std::size_t>(group)].window == model.window(layer));
      CHECK(groups.plane_of(layer, head) < groups.planes());
      CHECK(seen.emplace(group, groups.plane_of(layer, head)).second);
    }
  }
}

TEST_CASE(
    "Blocks of different pages, layers and heads do not overlap, and a copy takes all planes") {
  const KvTables tables = GENERATE(KvTables::shared, KvTables::per_head);
  const auto model = with_windows({0, 16, 16, 0});
  const KvGroups groups(model, tables);
  const ops::KvLayout layout{.type = ops::KvType::f32, .head_dim = 8, .page_size = 4};
  constexpr std::int32_t kPages = 3;
  KvCache cache(groups, kPages, layout);
  CHECK(cache.page_bytes() == groups.planes() * layout.block_bytes());
  std::set<std::byte*> blocks;
  for (std::int32_t head = 0; head < model.kv_heads; ++head) {
    for (std::int32_t page = 0; page < kPages; ++page) {
      blocks.insert(cache.block(0, PageId{page}, head));
    }
    CHECK(cache.block(0, PageId{1}, head) == cache.blocks(0, head) + cache.page_stride_bytes());
  }
  CHECK(std::ssize(blocks) == (tables == KvTables::shared ? 9 : 3));

  std::vector<float> key(8, 1.5F);
  std::vector<float> value(8, -2.0F);
  layout.store(cache.block(3, PageId{0}, 2), 1, key.data(), value.data());
  cache.copy({.from = PageId{0}, .to = PageId{2}});
  std::vector<float> copied(8);
  layout.read(cache.block(3, PageId{2}, 2), 1, copied.data(), nullptr);
  CHECK(copied == key);
}

TEST_CASE("Tables are known by their names") {
  CHECK(kv_tables_named("shared") == KvTables::shared);
  CHECK(kv_tables_named("per_head") == KvTables::per_head);
  CHECK_THROWS_WITH(kv_tables_named("head"),
                    Catch::Matchers::Contains("per_head") && Catch::Matchers::Contains("shared"));
}

}  // namespace
}  // namespace pagequest::runtime
