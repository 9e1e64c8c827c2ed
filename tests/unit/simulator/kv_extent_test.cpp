// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/kv_extent.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using namespace pagequest::simulator;

namespace {

/// The readable specification: one flag a position, pages counted one by one.
struct Reference {
  explicit Reference(std::int32_t page_size) : page(page_size) {}
  std::int32_t page;
  std::vector<bool> live;
  std::int32_t resident = 0;

  [[nodiscard]] std::int32_t next() const { return static_cast<std::int32_t>(live.size()); }
  [[nodiscard]] std::int32_t count(std::int32_t first, std::int32_t end) const {
    return static_cast<std::int32_t>(std::count(live.begin() + first, live.begin() + end, true));
  }
  void grow(std::int32_t tokens) {
    if (count(resident, next()) == 0) {
      live.insert(live.end(), static_cast<std::size_t>(tokens), true);
      resident = next();
      return;
    }
    while (tokens > 0) tokens -= live[static_cast<std::size_t>(resident++)] ? 1 : 0;
    if (count(resident, next()) == 0) resident = next();
  }
  [[nodiscard]] std::int32_t pages() const {
    std::int32_t held = 0;
    for (std::int32_t first = 0; first < resident; first += page) {
      const bool whole = first + page <= resident;
      held += whole && count(first, first + page) == 0 ? 0 : 1;
    }
    return held;
  }
};

}  // namespace

TEST_CASE("A page is free only when all of its tokens are gone") {
  KvExtent kv(4);
  kv.grow(10);  //                              ABCD EFGH IJ
  CHECK(kv.pages() == 3);
  CHECK(kv.evict({2, 4}) == 4);  //             AB.. ..GH IJ
  CHECK(kv.pages() == 3);
  CHECK(kv.evict({0, 4}) == 2);  //             .... ..GH IJ
  CHECK(kv.pages() == 2);
  CHECK(kv.live_tokens() == 4);
  CHECK(kv.read_tokens() == 6);
  CHECK(kv.evict({6, 4}) == 4);  //             .... .... ..    the last page is being written
  CHECK(kv.pages() == 1);
  kv.grow(2);  //                               .... .... ..KL
  CHECK(kv.pages() == 1);
  CHECK(kv.live_tokens() == 2);
}

TEST_CASE("Lost keys and values come back in order, without the evicted ones") {
  KvExtent kv(4);
  kv.grow(12);
  kv.evict({2, 6});  //                         AB.. .... IJKL
  kv.lose();
  CHECK(kv.pages() == 0);
  CHECK(kv.missing_tokens() == 6);
  CHECK(kv.pages_after_grow(2) == 1);
  CHECK(kv.pages_after_grow(3) == 2);
  kv.grow(3);
  CHECK(kv.pages() == 2);
  CHECK(kv.resident_live_tokens() == 3);
  kv.grow(3);
  CHECK(kv.missing_tokens() == 0);
  kv.grow(1);
  CHECK(kv.next_position() == 13);
  CHECK(kv.pages() == 3);
}

TEST_CASE("Random growth, eviction and loss agree with a position-by-position count") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed, 11);
    const std::int32_t page = rng.between(1, 7);
    KvExtent kv(page);
    Reference reference{page};
    for (int i = 0; i < 60; ++i) {
      const int what = rng.between(0, 9);
      if (what == 0) {
        kv.lose();
        reference.resident = 0;
      } else if (what <= 4 && reference.next() > 0) {
        const std::int32_t first = rng.between(0, reference.next() - 1);
        const std::int32_t count = rng.between(1, reference.next() - first);
        REQUIRE(kv.evict({first, count}) == reference.count(first, first + count));
        std::fill_n(reference.live.begin() + first, count, false);
      } else {
        std::int32_t tokens = rng.between(1, 9);
        if (kv.missing_tokens() > 0) tokens = std::min(tokens, kv.missing_tokens());
        const std::int32_t promised = kv.pages_after_grow(tokens);
        kv.grow(tokens);
        reference.grow(tokens);
        REQUIRE(kv.pages() == promised);
      }
      REQUIRE(kv.next_position() == reference.next());
      REQUIRE(kv.live_tokens() == reference.count(0, reference.next()));
      REQUIRE(kv.missing_tokens() == reference.count(reference.resident, reference.next()));
      REQUIRE(kv.pages() == reference.pages());
    }
  }
}
