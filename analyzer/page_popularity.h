// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pagequest::analyzer {

/// Counts the accesses of each page in one episode of one (layer, KV head).
class PagePopularity {
 public:
  /// One decode step: the pages that could be accessed and those that were.
  void step(std::span<const std::int32_t> candidates, std::span<const std::int32_t> accessed);
  void clear();

  [[nodiscard]] std::uint64_t accesses() const { return accesses_; }

  /// Share of the accesses that falls on the ceil(f x pages) most accessed pages, for each f of
  /// `page_shares` (in (0, 1]), of the pages that were candidates at least once. Needs accesses.
  [[nodiscard]] std::vector<double> access_shares(std::span<const double> page_shares) const;

  /// The same if every step had spread its accesses evenly over its candidates: above f, because
  /// old pages are candidates in more steps than young ones. What locality must beat.
  [[nodiscard]] std::vector<double> even_shares(std::span<const double> page_shares) const;

 private:
  struct Page {
    bool seen = false;
    double accesses = 0;
    double even = 0;  // expected accesses if spread evenly
  };
  [[nodiscard]] std::vector<double> top_shares(std::span<const double> page_shares,
                                               double Page::*count) const;

  std::vector<Page> pages_;
  std::uint64_t accesses_ = 0;
};

}  // namespace pagequest::analyzer
