// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/shard.h"

#include <algorithm>

#include "tests/unit/sweep/sweep_support.h"

namespace pagequest::simulator {
namespace {

TEST_CASE("The shards of a sweep are disjoint and leave nothing out") {
  const std::vector<std::size_t> points = {0, 1, 2, 5, 8, 9, 13};
  for (std::size_t count = 1; count < 10; ++count) {
    std::vector<std::size_t> all;
    for (std::size_t index = 0; index < count; ++index) {
      const auto own = points_of(Shard{index, count}, points);
      all.insert(all.end(), own.begin(), own.end());
    }
    std::sort(all.begin(), all.end());
    CHECK(all == points);
  }
}

TEST_CASE("A point stays in its shard when others are done") {
  const std::vector<std::size_t> left = {3, 4};
  CHECK(points_of(Shard{1, 2}, left) == std::vector<std::size_t>{3});
}

TEST_CASE("A shard is an index below a count") {
  CHECK(parse_shard("2/8").index == 2);
  CHECK(parse_shard("2/8").count == 8);
  for (const auto* text :
       {"", "2", "8/8", "-1/8", "1/0", "0/0", "1/8x", "x/8", "1 /8", "/", "1/"}) {
    CAPTURE(text);
    CHECK(message_of([&] { return parse_shard(text); }).find("INDEX/COUNT") != std::string::npos);
  }
}

}  // namespace
}  // namespace pagequest::simulator
