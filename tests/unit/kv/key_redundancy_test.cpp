// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against all pairs, compared anew for each list.
#include "engine/kv/policies/key_redundancy.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using kv::KeyRedundancy;

using Catch::Matchers::WithinAbs;
using Pages = std::vector<std::int32_t>;

namespace {

constexpr std::size_t kComponents = 6;

/// Unit vectors around a few directions, so that a good part of the pairs are near-duplicates.
class Keys {
 public:
  std::vector<float> draw() {
    std::vector<float> key(kComponents);
    key[rng_.below(3)] = 0.7F;
    float squares = 0.0F;
    for (float& component : key) {
      component += static_cast<float>(rng_.uniform()) - 0.5F;
      squares += component * component;
    }
    for (float& component : key) component /= std::sqrt(squares);
    return key;
  }

  void set(KeyRedundancy& redundancy, std::size_t page) {
    if (keys.size() <= page) keys.resize(page + 1, std::vector<float>(kComponents));
    keys[page] = draw();
    redundancy.set_key({.pages = keys.size(), .components = kComponents}, page, 0, keys[page]);
  }

  /// Sets the first `count` pages' keys. Returns these pages.
  Pages set_first(KeyRedundancy& redundancy, std::int32_t count) {
    Pages pages;
    for (std::int32_t page = 0; page < count; ++page) {
      set(redundancy, static_cast<std::size_t>(page));
      pages.push_back(page);
    }
    return pages;
  }

  [[nodiscard]] float cosine(std::int32_t a, std::int32_t b) const {
    float sum = 0.0F;
    for (std::size_t c = 0; c < kComponents; ++c) {
      sum += keys.at(static_cast<std::size_t>(a))[c] * keys.at(static_cast<std::size_t>(b))[c];
    }
    return sum;
  }

  std::vector<std::vector<float>> keys;  // (page)

 private:
  Rng rng_{11};
};

/// (listed page): sum of its column, where each row leaves its latest near-duplicate out.
std::vector<double> all_pairs(const Keys& keys, const Pages& pages, bool spare_first) {
  std::vector<double> sums(pages.size(), 0.0);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    std::size_t left_out = spare_first ? 0 : pages.size();
    for (std::size_t j = 0; j < pages.size(); ++j) {
      if (j == i) continue;
      const float cosine = keys.cosine(pages[i], pages[j]);
      sums[j] += static_cast<double>(cosine);
      if (cosine > 0.5F) left_out = j;
    }
    if (left_out == i || left_out == pages.size()) continue;
    sums[left_out] -= static_cast<double>(keys.cosine(pages[i], pages[left_out]));
  }
  return sums;
}

void check_same(KeyRedundancy& redundancy, const Keys& keys, const Pages& pages, bool spare_first) {
  const auto sums = redundancy.sums(pages, spare_first);
  const auto expected = all_pairs(keys, pages, spare_first);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    CAPTURE(i, pages[i], pages.size());
    REQUIRE_THAT(sums[static_cast<std::size_t>(pages[i])], WithinAbs(expected[i], 1e-4));
  }
}

}  // namespace

TEST_CASE("redundancy is the same as of all pairs while pages come and go") {
  const bool spare_first = GENERATE(true, false);
  KeyRedundancy redundancy;
  Keys keys;
  Rng rng(12);
  Pages pages;
  for (std::int32_t page = 0; page < 120; ++page) {
    keys.set(redundancy, static_cast<std::size_t>(page));
    pages.push_back(page);
    if (page % 7 == 6) check_same(redundancy, keys, pages, spare_first);
    if (page % 3 == 2) pages.erase(pages.begin() + static_cast<int>(rng.below(pages.size())));
  }
}

TEST_CASE("redundancy depends on the list alone and not on those before it") {
  KeyRedundancy redundancy;
  Keys keys;
  const Pages all = keys.set_first(redundancy, 50);
  Pages even;
  std::ranges::copy_if(all, std::back_inserter(even), [](auto page) { return page % 2 == 0; });
  for (const Pages& pages : {all, even, all, Pages{3, 40}, even, Pages{}, all}) {
    check_same(redundancy, keys, pages, false);
  }
}

TEST_CASE("many pages that lose their latest duplicate at once find the one before, or none") {
  KeyRedundancy redundancy;
  Keys keys;
  const Pages all = keys.set_first(redundancy, 320);
  const Pages first_half(all.begin(), all.begin() + 160);
  Pages odd_behind;
  std::copy_if(all.begin() + 160, all.end(), std::back_inserter(odd_behind),
               [](auto page) { return page % 2 == 1; });
  // Those that are left of `odd_behind` have lost all that was found among the pages before them.
  for (const Pages& pages :
       {all, first_half, Pages{1, 30, 300}, Pages{300, 310}, all, odd_behind}) {
    check_same(redundancy, keys, pages, true);
  }
}

TEST_CASE("a page whose key is given anew is compared anew") {
  KeyRedundancy redundancy;
  Keys keys;
  const Pages pages = keys.set_first(redundancy, 40);
  check_same(redundancy, keys, pages, false);
  for (const std::size_t page : {39, 12, 0}) keys.set(redundancy, page);
  check_same(redundancy, keys, pages, false);
}

TEST_CASE("pages whose keys are not known are not redundant") {
  KeyRedundancy redundancy;
  const Pages pages{0, 1, 20};
  const auto sums = redundancy.sums(pages, true);
  for (const std::int32_t page : pages) CHECK(sums[static_cast<std::size_t>(page)] == 0.0F);
}
