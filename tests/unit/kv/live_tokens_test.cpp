// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/live_tokens.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using kv::LiveTokens;

TEST_CASE("counts by page and span equal a count over all positions") {
  Rng rng(3);
  for (std::int32_t page_size : {1, 4, 7, 16}) {
    LiveTokens tokens(page_size);
    std::vector<bool> live;
    for (int round = 0; round < 200; ++round) {
      const std::int32_t next = tokens.next_position();
      if (rng.chance(0.6)) {
        const std::int32_t count = rng.between(0, 9);
        tokens.fill({next, count});
        live.resize(live.size() + static_cast<std::size_t>(count), true);
      } else {
        const TokenSpan span{rng.between(0, next + 5), rng.between(0, 12)};
        std::int32_t evicted = 0;
        for (std::int32_t p = span.first; p < std::min(span.end(), next); ++p) {
          evicted += live[static_cast<std::size_t>(p)] ? 1 : 0;
          live[static_cast<std::size_t>(p)] = false;
        }
        CHECK(tokens.in(span) == evicted);
        CHECK(tokens.evict(span) == evicted);
        CHECK(tokens.in(span) == 0);
      }
      CHECK(tokens.total() == std::count(live.begin(), live.end(), true));
    }
    for (std::int32_t page = 0; page < tokens.pages(); ++page) {
      CHECK(tokens.in_page(page) == tokens.in(tokens.span_of_page(page)));
    }
  }
}
