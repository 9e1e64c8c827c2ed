// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/kth_largest.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"

using namespace pagequest;
using kv::kth_largest;

namespace {

/// Every rank, beside what sorting all values finds.
void check_all_ranks(const std::vector<float>& values) {
  std::vector<float> sorted = values;
  std::ranges::sort(sorted, std::greater<>());
  std::vector<float> memory;
  for (std::size_t rank = 0; rank < values.size(); ++rank) {
    CAPTURE(values.size(), rank);
    REQUIRE(kth_largest(values, rank, memory) == sorted[rank]);
  }
}

}  // namespace

TEST_CASE("the k-th largest value is that of a sorted copy") {
  Rng rng(7);
  for (const std::size_t count : {1, 2, 5, 16, 31, 32, 33, 100, 777}) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(std::exp(20.0 * rng.uniform() - 10.0));
    check_all_ranks(values);
  }
}

TEST_CASE("the k-th largest value is found among many equal ones and negative ones") {
  Rng rng(8);
  std::vector<float> values(300, 0.0F);
  for (std::size_t i = 0; i < values.size(); i += 3) {
    values[i] = static_cast<float>(rng.between(-1, 2));
  }
  check_all_ranks(values);
  check_all_ranks(std::vector<float>(64, 0.25F));
}

TEST_CASE("the k-th largest value does not depend on how the values are ordered") {
  std::vector<float> values;
  for (int i = 0; i < 500; ++i) values.push_back(static_cast<float>(i));
  check_all_ranks(values);
  std::ranges::reverse(values);
  check_all_ranks(values);
}
