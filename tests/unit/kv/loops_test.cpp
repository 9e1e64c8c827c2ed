// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Every instruction set's loops against plain ones in the documented order, bit for bit: victims
// must not depend on the processor.
#include "engine/kv/loops/loops.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using kv::kTilePages;

namespace {

/// With a good part of equal ones.
std::vector<float> drawn(Rng& rng, std::size_t count) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = rng.below(4) == 0 ? 0.25F : static_cast<float>(std::exp(8.0 * rng.uniform() - 8.0));
  }
  return values;
}

const kv::Loops& any_loops() {
  const auto all = kv::supported_loops();
  return *all[static_cast<std::size_t>(GENERATE_COPY(range(0, static_cast<int>(all.size()))))];
}

}  // namespace

TEST_CASE("Values are counted, found, taken and ranked alike with every instruction set") {
  const kv::Loops& loops = any_loops();
  CAPTURE(loops.name);
  Rng rng(21);
  for (const std::size_t count : {1, 3, 8, 17, 63, 64}) {
    const std::vector<float> values = drawn(rng, count);
    const float low = values[count / 2];
    const float high = 2.0F * low;
    std::vector<float> inside;
    std::ranges::copy_if(values, std::back_inserter(inside),
                         [&](float value) { return value >= low && value < high; });
    std::vector<float> taken(count);
    taken.resize(loops.take_between(values.data(), count, low, high, taken.data()));
    CHECK(taken == inside);
    CHECK(loops.count_from(values.data(), count, low) ==
          static_cast<std::size_t>(
              std::ranges::count_if(values, [&](float value) { return value >= low; })));
    std::vector<std::uint32_t> found(count);
    found.resize(loops.find_from(values.data(), count, low, found.data()));
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (values[i] >= low) expected.push_back(i);
    }
    CHECK(found == expected);
    std::vector<std::uint32_t> ranks(kv::kMostRanked);
    loops.ranks(values.data(), count, ranks.data());
    for (std::size_t i = 0; i < count; ++i) {
      const auto before = std::count_if(values.begin(), values.end(), [&](const float& other) {
        return other > values[i] || (other == values[i] && &other < &values[i]);
      });
      REQUIRE(ranks[i] == static_cast<std::uint32_t>(before));
    }
  }
}

TEST_CASE("Rows are added and compared in their order with every instruction set") {
  const kv::Loops& loops = any_loops();
  CAPTURE(loops.name);
  Rng rng(22);
  for (const std::size_t width : {1, 7, 16, 37}) {
    const std::size_t rows = 1 + rng.below(9);
    const std::vector<float> values = drawn(rng, rows * width);
    std::vector<double> sums(width, 0.125);
    std::vector<float> largest(width, 0.0F);
    std::vector<double> expected = sums;
    std::vector<float> most = largest;
    for (std::size_t i = 0; i < rows * width; ++i) {
      expected[i % width] += static_cast<double>(values[i]);
      most[i % width] = std::max(most[i % width], values[i]);
    }
    loops.add_rows(values.data(), rows, width, sums.data());
    loops.raise(values.data(), rows, width, largest.data());
    std::vector<double> sums_too(width, 0.125);
    std::vector<float> largest_too(width, 0.0F);
    loops.raise_and_add(values.data(), rows, width, largest_too.data(), sums_too.data());
    CHECK(sums_too == sums);
    CHECK(largest_too == largest);
    CHECK(sums == expected);
    CHECK(largest == most);
  }
}

TEST_CASE("Masses that are seen are added and averaged, with every instruction set") {
  const kv::Loops& loops = any_loops();
  CAPTURE(loops.name);
  Rng rng(25);
  for (const std::size_t count : {1, 7, 16, 37}) {
    std::vector<float> masses = drawn(rng, count);
    for (float& mass : masses) mass = rng.below(3) == 0 ? -1.0F : mass;
    std::vector<double> sums(count, 0.125);
    std::vector<double> expected = sums;
    std::vector<std::int32_t> queries(count, 0);
    std::vector<float> means(count);
    loops.add_seen(masses.data(), count, 1.0 / 3.0, sums.data());
    loops.average_seen(masses.data(), count, 4, sums.data(), queries.data(), means.data());
    for (std::size_t i = 0; i < count; ++i) {
      const bool seen = masses[i] >= 0.0F;
      const volatile double more = 1.0 / 3.0 * static_cast<double>(masses[i]);
      if (seen) expected[i] += more;
      REQUIRE(sums[i] == expected[i]);
      REQUIRE(queries[i] == (seen ? 4 : 0));
      REQUIRE(means[i] == (seen ? static_cast<float>(expected[i]) / 4.0F : 1.0F));
    }
  }
}

TEST_CASE("The largest value and the least of each mark are found with every instruction set") {
  const kv::Loops& loops = any_loops();
  CAPTURE(loops.name);
  Rng rng(26);
  CHECK(loops.largest(nullptr, 0) == -std::numeric_limits<float>::infinity());
  CHECK(loops.least(nullptr, 0) == std::numeric_limits<float>::infinity());
  for (const std::size_t count : {1, 7, 16, 37, 80}) {
    const std::vector<float> values = drawn(rng, count);
    CHECK(loops.largest(values.data(), count) == *std::ranges::max_element(values));
    CHECK(loops.least(values.data(), count) == *std::ranges::min_element(values));
    const auto most = static_cast<std::uint64_t>(count == 37 ? 3 : 2);
    std::vector<std::int32_t> marks(count);
    for (auto& mark : marks) mark = 5 + static_cast<std::int32_t>(rng.below(most));
    const std::vector<std::int32_t> two{5, 6};
    std::vector<float> least(2, 0.5F);
    std::vector<float> expected = least;
    for (std::size_t i = 0; i < count; ++i) {
      if (marks[i] == 7) continue;
      float& of_mark = expected[static_cast<std::size_t>(marks[i] - 5)];
      of_mark = std::min(of_mark, values[i]);
    }
    const bool all = std::ranges::find(marks, 7) == marks.end();
    CHECK(loops.least_of_marks(values.data(), marks.data(), count, two.data(), least.data()) ==
          all);
    CHECK(least == expected);
  }
}

TEST_CASE("A page is stamped that is new or reaches the bar, with every instruction set") {
  const kv::Loops& loops = any_loops();
  std::vector<std::int32_t> used{0, 3, 3, 0, 3, 3, 3, 3, 3, 3, 3};
  const std::vector<float> masses{0, 0, 1, 1, 2, 0, 3, 0, 0, 0, 1};
  loops.stamp(masses.data(), masses.size(), 1.0F, 9, used.data());
  CHECK(used == std::vector<std::int32_t>{9, 3, 9, 9, 9, 3, 9, 3, 3, 3, 9});
}

TEST_CASE("Products with a tile's keys are summed component by component") {
  const kv::Loops& loops = any_loops();
  CAPTURE(loops.name);
  Rng rng(23);
  constexpr std::size_t kComponents = 13;
  constexpr std::size_t kKeys = 7;
  const std::vector<float> tile = drawn(rng, kComponents * kTilePages);
  const std::vector<float> keys = drawn(rng, kKeys * kComponents);
  std::vector<float> products(kKeys * kTilePages);
  std::vector<float> expected(kKeys * kTilePages, 0.0F);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    for (std::size_t c = 0; c < kComponents; ++c) {
      // Rounded before it is added, also where the compiler may fuse the two.
      const volatile float product =
          keys[i / kTilePages * kComponents + c] * tile[c * kTilePages + i % kTilePages];
      expected[i] += product;
    }
  }
  const float bar = expected[5 * kTilePages + 3];  // itself not above
  std::vector<std::uint32_t> above(kKeys, 0xFFU);
  loops.products(tile.data(), keys.data(), kKeys, kComponents, bar, products.data(), above.data());
  CHECK(products == expected);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool is_above = ((above[i / kTilePages] >> (i % kTilePages)) & 1U) != 0;
    REQUIRE(is_above == (expected[i] > bar));
  }
  CHECK(std::ranges::all_of(above, [](std::uint32_t bits) { return bits < 1U << kTilePages; }));
}

TEST_CASE("The sums of redundancy have the same bits with every instruction set") {
  const kv::Loops& loops = any_loops();
  CAPTURE(loops.name);
  Rng rng(24);
  constexpr std::size_t kComponents = 13;
  const std::vector<float> tile = drawn(rng, kComponents * kTilePages);
  std::vector<std::uint8_t> listed(kTilePages);
  for (auto& page : listed) page = static_cast<std::uint8_t>(rng.below(2));
  std::vector<double> sums(tile.size(), 1.0 / 3.0);
  std::vector<double> total(kComponents, 2.0 / 3.0);
  std::vector<double> expected = sums;
  std::vector<double> others(kTilePages, 0.0);
  for (std::size_t i = 0; i < tile.size(); ++i) {
    const auto own = static_cast<double>(tile[i]);
    if (listed[i % kTilePages] != 0) expected[i] += own;
    const volatile double product = (total[i / kTilePages] - own) * own;
    others[i % kTilePages] += product;
  }
  loops.add_tile(tile.data(), listed.data(), kComponents, sums.data());
  CHECK(sums == expected);
  std::vector<double> got(kTilePages);
  loops.products_with_others(tile.data(), total.data(), kComponents, got.data());
  CHECK(got == others);
}
