// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/page_popularity.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>

namespace pagequest::analyzer {
namespace {

std::size_t index(std::int32_t value) { return static_cast<std::size_t>(value); }

}  // namespace

void PagePopularity::step(std::span<const std::int32_t> candidates,
                          std::span<const std::int32_t> accessed) {
  if (candidates.empty()) return;
  if (pages_.size() <= index(candidates.back())) pages_.resize(index(candidates.back()) + 1);
  const double each = static_cast<double>(accessed.size()) / static_cast<double>(candidates.size());
  for (const std::int32_t page : candidates) {
    pages_[index(page)].seen = true;
    pages_[index(page)].even += each;
  }
  for (const std::int32_t page : accessed) pages_[index(page)].accesses += 1;
  accesses_ += accessed.size();
}

void PagePopularity::clear() {
  pages_.clear();
  accesses_ = 0;
}

std::vector<double> PagePopularity::access_shares(std::span<const double> page_shares) const {
  return top_shares(page_shares, &Page::accesses);
}

std::vector<double> PagePopularity::even_shares(std::span<const double> page_shares) const {
  return top_shares(page_shares, &Page::even);
}

std::vector<double> PagePopularity::top_shares(std::span<const double> page_shares,
                                               double Page::*count) const {
  std::vector<double> counts;
  for (const Page& page : pages_) {
    if (page.seen) counts.push_back(page.*count);
  }
  std::sort(counts.begin(), counts.end(), std::greater<>());
  std::vector<double> first(counts.size() + 1, 0);  // sums of the first counts
  std::partial_sum(counts.begin(), counts.end(), first.begin() + 1);
  std::vector<double> shares;
  for (const double share : page_shares) {
    // Keeps 0.2 x 5 at one page: the product of a rounded share can end just above a whole number.
    const double wanted = share * static_cast<double>(counts.size()) * (1 - 1e-12);
    const auto top = std::min(counts.size(), static_cast<std::size_t>(std::ceil(wanted)));
    shares.push_back(first[top] / static_cast<double>(accesses_));
  }
  return shares;
}

}  // namespace pagequest::analyzer
