// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What compaction moves, drawn by hand; page_table_test.cpp has it among random operations.
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kv/page_table.h"

namespace pagequest::kv {
namespace {

/// The pages of 4 tokens that `live` lists, behind each other, and an open one behind them.
PageTable table_of(PagePool& pool, const std::vector<std::uint64_t>& live) {
  PageTable table(pool, 4);
  table.append(4 * static_cast<std::int32_t>(live.size()) + 1);
  for (std::size_t page = 0; page < live.size(); ++page) {
    for (std::int32_t i = 0; i < 4; ++i) {
      if ((live[page] >> i & 1) != 0) continue;
      table.evict({.first = 4 * static_cast<std::int32_t>(page) + i, .count = 1});
    }
  }
  return table;
}

TEST_CASE("The sparsest page moves into the free rows of the fullest one with room") {
  PagePool pool(8);
  PageTable table = table_of(pool, {0b0110, 0b1111, 0b1000, 0b1101});
  const auto moves = table.compact();
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].from == PageId{2});
  CHECK(moves[0].to == PageId{3});
  CHECK(moves[0].from_rows == 0b1000);
  CHECK(moves[0].to_rows == 0b0010);
  CHECK(table.slots()[2].physical == PageId{3});
  CHECK(table.slots()[2].live == 0b1000);
  CHECK(table.slots()[2].rows == 0b0010);
  CHECK(table.slots()[3].rows == 0b1101);
  CHECK(pool.references(PageId{3}) == 2);
  CHECK(pool.used_pages() == 4);
}

TEST_CASE("Moved tokens keep their order, and each loses its own row when it is evicted") {
  PagePool pool(8);
  PageTable table = table_of(pool, {0b1001, 0b0110});
  REQUIRE(table.compact().size() == 1);
  CHECK(table.slots()[0].physical == PageId{1});
  CHECK(table.slots()[0].rows == 0b1001);
  table = table_of(pool, {0b0110, 0b0011});
  REQUIRE(table.compact().size() == 1);
  CHECK(table.slots()[0].rows == 0b1100);
  table.evict({.first = 1, .count = 1});
  CHECK(table.slots()[0].live == 0b0100);
  CHECK(table.slots()[0].rows == 0b1000);
}

TEST_CASE("Several pages move into one as long as it has room") {
  PagePool pool(8);
  PageTable table = table_of(pool, {0b0001, 0b0010, 0b0100, 0b1000});
  CHECK(table.compact().size() == 3);
  CHECK(pool.used_pages() == 2);
}

TEST_CASE("A page becomes free once all logical pages in it are gone") {
  PagePool pool(8);
  PageTable table = table_of(pool, {0b0001, 0b0010});
  REQUIRE(table.compact().size() == 1);
  CHECK(table.evict({.first = 0, .count = 4}).free_pages == std::vector<std::int32_t>{0});
  CHECK(pool.used_pages() == 2);
  CHECK(table.evict({.first = 4, .count = 4}).free_pages == std::vector<std::int32_t>{1});
  CHECK(pool.used_pages() == 1);
}

TEST_CASE("Nothing moves where it would free no page") {
  PagePool pool(8);
  PageTable table = table_of(pool, {0b0111, 0b1110, 0b1010});
  CHECK(table.compact().empty());
}

TEST_CASE("Pages with many holes are looked at again after a share of as many evictions") {
  PagePool pool(200);
  PageTable table = table_of(pool, std::vector<std::uint64_t>(64, 0b0111));
  CHECK(table.compact().empty());
  table.evict({.first = 0, .count = 2});  // now page 0 would fit into any other one
  CHECK(table.compact().empty());
  table.evict({.first = 4, .count = 2});
  CHECK(table.compact().size() == 2);
}

TEST_CASE("The page that is being filled takes no part") {
  PagePool pool(8);
  PageTable table(pool, 4);
  table.append(7);
  table.evict({.first = 1, .count = 5});  // leaves a token in each page
  CHECK(table.compact().empty());
  table.append(1);  // page 1 is full now, and lost a token before
  table.evict({.first = 6, .count = 1});
  CHECK(table.compact().size() == 1);
}

TEST_CASE("Pages that a fork or a cache refers to take no part until they are given back") {
  PagePool pool(8);
  PageTable table = table_of(pool, {0b0001, 0b0010, 0b0100});
  PageTable child = table.fork();
  pool.retain(PageId{1});
  CHECK(table.compact().empty());
  child.evict({.first = 0, .count = 1});
  CHECK(child.compact().empty());
  child.clear();
  table.evict({.first = 12, .count = 1});
  const auto moves = table.compact();
  REQUIRE(moves.size() == 1);
  CHECK(moves[0].from == PageId{0});
  CHECK(moves[0].to == PageId{2});
}

TEST_CASE("A fork sees the rows of compacted pages, and none of them is reused under it") {
  PagePool pool(8);
  PageTable table = table_of(pool, {0b0001, 0b0010, 0b0111});
  REQUIRE(table.compact().size() == 1);
  const PageTable child = table.fork();
  CHECK(child.slots()[0].physical == table.slots()[0].physical);
  CHECK(child.slots()[0].rows == table.slots()[0].rows);
  table.evict({.first = 0, .count = 1});
  CHECK(table.compact().empty());
}

}  // namespace
}  // namespace pagequest::kv
