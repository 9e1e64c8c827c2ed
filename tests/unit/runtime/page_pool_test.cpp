// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/page_pool.h"

#include <catch2/catch.hpp>

namespace pagequest::kv {
namespace {

TEST_CASE("Pages are handed out in order, and the last one freed comes first") {
  PagePool pool(3);
  CHECK(pool.allocate() == PageId{0});
  CHECK(pool.allocate() == PageId{1});
  CHECK(pool.release(PageId{0}));
  CHECK(pool.allocate() == PageId{0});
  CHECK(pool.allocate() == PageId{2});
  CHECK(pool.allocate() == PageId{});
  CHECK(pool.free_pages() == 0);
  CHECK(pool.conserved());
}

TEST_CASE("A shared page is free after as many releases as references") {
  PagePool pool(2);
  const PageId page = pool.allocate();
  pool.retain(page);
  CHECK(pool.references(page) == 2);
  CHECK_FALSE(pool.release(page));
  CHECK(pool.used_pages() == 1);
  CHECK(pool.release(page));
  CHECK(pool.used_pages() == 0);
  CHECK(pool.conserved());
}

}  // namespace
}  // namespace pagequest::kv
