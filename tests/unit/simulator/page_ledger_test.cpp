// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/page_ledger.h"

#include <catch2/catch.hpp>

using namespace pagequest;
using namespace pagequest::simulator;

TEST_CASE("A replica gives no page that it does not have") {
  PageLedger pages(10, nullptr, nullptr, 0);
  CHECK(pages.take(8, 0));
  CHECK_FALSE(pages.take(3, 0));
  CHECK(pages.take(2, 0));
  CHECK(pages.free() == 0);
  CHECK(pages.take(0, 0));
  pages.give_back(4);
  CHECK(pages.used() == 6);
  CHECK(pages.available() == 4);
  CHECK(pages.peak_used() == 10);
}

TEST_CASE("Blocks that nobody holds are available, and go when a page is wanted") {
  PageLedger pages(4, make_block_cache("lru"), nullptr, 0);
  REQUIRE(pages.take(3, 0));
  REQUIRE(pages.publish(11, {.now = 1}));
  REQUIRE(pages.publish(12, {.now = 1}));
  CHECK(pages.private_pages() == 1);
  CHECK(pages.used() == 3);
  pages.release(12, {.now = 2});
  CHECK(pages.used() == 2);
  CHECK(pages.available() == 2);
  REQUIRE(pages.take(2, 3));
  CHECK(pages.cache_evictions() == 1);
  CHECK(pages.cache()->contains(11));
  CHECK_FALSE(pages.cache()->contains(12));
  CHECK_FALSE(pages.take(1, 4));  // the last block is held
}

TEST_CASE("A page whose content another page has already stays private") {
  PageLedger pages(4, make_block_cache("lru"), nullptr, 0);
  REQUIRE(pages.take(2, 0));
  CHECK(pages.publish(7, {.now = 1}));
  CHECK_FALSE(pages.publish(7, {.now = 1}));
  CHECK(pages.private_pages() == 1);
  CHECK(pages.used() == 2);
}
