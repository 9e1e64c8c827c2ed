// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Upper bounds of a page's scores against their definition (engine/ops/cpu/reference.h) and against
// every score of the page.
#include <algorithm>
#include <span>

#include <catch2/catch.hpp>

#include "engine/ops/cpu/reference.h"
#include "tests/unit/ops/support.h"

namespace pagequest::ops::test {
namespace {

constexpr std::int64_t kPages = 5;   // physical
constexpr std::int64_t kTokens = 6;  // of a page

/// Random keys of some pages, and the boxes around them.
struct Case {
  explicit Case(std::int64_t head_dim_)
      : head_dim(head_dim_),
        keys(random_floats(kPages * kTokens * head_dim, 3, 2.0)),
        boxes(static_cast<std::size_t>(kPages * 2 * head_dim)) {
    for (std::int64_t page = 0; page < kPages; ++page) {
      for (std::int64_t d = 0; d < head_dim; ++d) {
        float lowest = key(page, 0)[static_cast<std::size_t>(d)];
        float highest = lowest;
        for (std::int64_t token = 1; token < kTokens; ++token) {
          lowest = std::min(lowest, key(page, token)[static_cast<std::size_t>(d)]);
          highest = std::max(highest, key(page, token)[static_cast<std::size_t>(d)]);
        }
        boxes[static_cast<std::size_t>(page * 2 * head_dim + d)] = lowest;
        boxes[static_cast<std::size_t>((page * 2 + 1) * head_dim + d)] = highest;
      }
    }
  }

  [[nodiscard]] std::span<const float> key(std::int64_t page, std::int64_t token) const {
    return std::span(keys).subspan(static_cast<std::size_t>((page * kTokens + token) * head_dim),
                                   static_cast<std::size_t>(head_dim));
  }
  [[nodiscard]] std::span<const float> corner(std::int64_t page, std::int64_t which) const {
    return std::span(boxes).subspan(static_cast<std::size_t>((page * 2 + which) * head_dim),
                                    static_cast<std::size_t>(head_dim));
  }

  std::int64_t head_dim;
  std::vector<float> keys;   // (page, token, head_dim)
  std::vector<float> boxes;  // (page, corner, head_dim)
};

/// Of pages 4, 0 and 3, in this order.
std::vector<float> bounds_of(const Kernels& kernels, const Case& pages,
                             const std::vector<float>& queries) {
  const std::vector<AttendedPage> listed{{1, 4, 0}, {1, 0, 6}, {1, 3, 12}};
  std::vector<float> bounds(listed.size());
  kernels.page_bounds({.queries = queries.data(),
                       .group = std::ssize(queries) / pages.head_dim,
                       .head_dim = pages.head_dim,
                       .boxes = pages.boxes.data(),
                       .page_stride = 2 * pages.head_dim,
                       .pages = listed.data(),
                       .page_count = std::ssize(listed),
                       .out = bounds.data()});
  return bounds;
}

std::span<const float> query_of(const std::vector<float>& queries, std::int64_t head,
                                std::int64_t head_dim) {
  return std::span(queries).subspan(static_cast<std::size_t>(head * head_dim),
                                    static_cast<std::size_t>(head_dim));
}

TEST_CASE("A page's bound equals its definition, the largest of the group's") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  const std::int64_t head_dim = GENERATE(8, 24, 64);
  const std::int64_t group = GENERATE(1, 3, 8);
  const Case pages(head_dim);
  const auto queries = random_floats(group * head_dim, 5);
  const auto bounds = bounds_of(*kernels, pages, queries);
  std::size_t i = 0;
  for (const std::int64_t page : {4, 0, 3}) {
    double expected = -1e30;
    for (std::int64_t head = 0; head < group; ++head) {
      expected = std::max(expected,
                          reference::largest_product(query_of(queries, head, head_dim),
                                                     pages.corner(page, 0), pages.corner(page, 1)));
    }
    CHECK(bounds[i++] == Approx(expected).epsilon(1e-5).margin(1e-5));
  }
}

TEST_CASE("No score of a page's keys is above the page's bound") {
  const Kernels* kernels = GENERATE(from_range(all_kernels()));
  constexpr std::int64_t kHeadDim = 32;
  const Case pages(kHeadDim);
  std::int64_t scores = 0;
  for (std::uint64_t seed = 10; seed < 40; ++seed) {
    const auto queries = random_floats(2 * kHeadDim, seed);
    const auto bounds = bounds_of(*kernels, pages, queries);
    std::size_t i = 0;
    for (const std::int64_t page : {4, 0, 3}) {
      for (std::int64_t token = 0; token < kTokens; ++token) {
        for (std::int64_t head = 0; head < 2; ++head) {
          const auto query = query_of(queries, head, kHeadDim);
          const auto key = pages.key(page, token);
          double score = 0.0;
          for (std::size_t d = 0; d < key.size(); ++d) {
            score += static_cast<double>(query[d]) * key[d];
          }
          REQUIRE(static_cast<double>(bounds[i]) >= score - 1e-5);
          ++scores;
        }
      }
      ++i;
    }
  }
  CHECK(scores == 30 * 3 * kTokens * 2);
}

}  // namespace
}  // namespace pagequest::ops::test
