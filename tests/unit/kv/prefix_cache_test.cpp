// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/prefix_cache.h"

#include <catch2/catch.hpp>

namespace pagequest::kv {
namespace {

using Tokens = std::vector<std::int32_t>;

/// Caches a new page behind `parent`, which nobody else holds a reference of.
PrefixId cache_page(PrefixCache& cache, PagePool& pool, PrefixId parent, const Tokens& tokens) {
  const std::vector<PageId> pages{pool.allocate()};
  const PrefixId id = cache.extend(parent, tokens, pages);
  pool.release(pages[0]);
  return id;
}

TEST_CASE("A page is found by its tokens and by those of all pages before it") {
  PagePool pool(8);
  PrefixCache cache(pool);
  const PrefixId first = cache_page(cache, pool, {}, {1, 2});
  const PrefixId second = cache_page(cache, pool, first, {3, 4});
  CHECK(cache.find({}, Tokens{1, 2}) == first);
  CHECK(cache.find(first, Tokens{3, 4}) == second);
  CHECK(cache.find({}, Tokens{3, 4}) == PrefixId{});
  CHECK(cache.find(second, Tokens{3, 4}) == PrefixId{});
  CHECK(cache.find({}, Tokens{2, 1}) == PrefixId{});
  CHECK(cache.entries().at(second).page == 1);
}

TEST_CASE("Equal tokens are cached once") {
  PagePool pool(8);
  PrefixCache cache(pool);
  const PrefixId first = cache_page(cache, pool, {}, {1, 2});
  CHECK(cache_page(cache, pool, {}, {1, 2}) == first);
  CHECK(cache.entries().size() == 1);
  CHECK(pool.used_pages() == 1);
}

TEST_CASE("The cache holds its pages until it goes") {
  PagePool pool(8);
  {
    PrefixCache cache(pool);
    cache_page(cache, pool, {}, {1, 2});
    CHECK(pool.used_pages() == 1);
  }
  CHECK(pool.used_pages() == 0);
  CHECK(pool.conserved());
}

TEST_CASE(
    "Reclaiming takes the least recently used page first, the end of a chain before the rest") {
  PagePool pool(8);
  PrefixCache cache(pool);
  const PrefixId old = cache_page(cache, pool, {}, {1});
  const PrefixId old_end = cache_page(cache, pool, old, {2});
  const PrefixId fresh = cache_page(cache, pool, {}, {3});
  cache.touch(old);
  cache.touch(fresh);
  CHECK(cache.reclaim(1));
  CHECK_FALSE(cache.entries().contains(old_end));
  CHECK(cache.reclaim(1));
  CHECK_FALSE(cache.entries().contains(old));
  CHECK(cache.reclaim(1));
  CHECK(cache.entries().empty());
  CHECK_FALSE(cache.reclaim(1));
  CHECK(pool.used_pages() == 0);
}

TEST_CASE("A page that somebody uses is not reclaimed") {
  PagePool pool(8);
  PrefixCache cache(pool);
  const std::vector<PageId> used{pool.allocate()};
  (void)cache.extend({}, Tokens{1}, used);
  CHECK_FALSE(cache.reclaim(1));
  pool.release(used[0]);
  CHECK(cache.reclaim(1));
}

TEST_CASE("With an unused page go the pages behind it, and nothing can be put behind it any more") {
  PagePool pool(8);
  PrefixCache cache(pool);
  const PrefixId first = cache_page(cache, pool, {}, {1});
  const std::vector<PageId> used{pool.allocate()};
  const PrefixId second = cache.extend(first, Tokens{2}, used);
  CHECK(cache.reclaim(1));
  CHECK(cache.entries().empty());
  CHECK(pool.references(used[0]) == 1);
  CHECK(cache_page(cache, pool, second, {3}) == PrefixId{});
  CHECK(pool.used_pages() == 1);
}

}  // namespace
}  // namespace pagequest::kv
