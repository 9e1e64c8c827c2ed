// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/head_stability.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>
#include <variant>

namespace pagequest::kv {
namespace {

constexpr std::size_t kTopShare = 10;  // one page in so many

/// Share of `now` that is in `before`, 0 for what chance gives among `pages` and 1 for all.
double corrected_overlap(const std::vector<std::int32_t>& before,
                         const std::vector<std::int32_t>& now, std::size_t pages) {
  std::vector<std::int32_t> both;
  std::ranges::set_intersection(before, now, std::back_inserter(both));
  const auto top = static_cast<double>(now.size());
  const double by_chance = top / static_cast<double>(pages);
  return (static_cast<double>(both.size()) / top - by_chance) / (1.0 - by_chance);
}

}  // namespace

void HeadStability::observe(const Event& event) {
  if (const auto* filled = std::get_if<TokensFilled>(&event)) {
    decodes_ = filled->kind == StepKind::decode;
  }
  if (const auto* attended = std::get_if<PagesAttended>(&event)) {
    if (decodes_ && attended->pages.size() > kTopShare) attend(*attended);
  }
}

void HeadStability::attend(const PagesAttended& attended) {
  if (steps_++ % kWindow != 0) return;
  const std::int32_t heads = attention_.scopes(attended);
  sums_.resize(static_cast<std::size_t>(heads));
  before_.resize(static_cast<std::size_t>(heads));
  for (std::int32_t head = 0; head < heads; ++head) {
    const auto at = static_cast<std::size_t>(head);
    Pages now = top_pages(attended, head);
    if (steps_ > 1) sums_[at] += corrected_overlap(before_[at], now, attended.pages.size());
    before_[at] = std::move(now);
  }
  if (steps_ > 1) ++windows_;
}

HeadStability::Pages HeadStability::top_pages(const PagesAttended& attended, std::int32_t head) {
  const std::span<const float> row = attention_.row(attended, head);
  order_.resize(row.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  const auto top = static_cast<std::ptrdiff_t>(row.size() / kTopShare);
  std::ranges::partial_sort(order_, order_.begin() + top, [row](std::size_t a, std::size_t b) {
    return row[a] != row[b] ? row[a] > row[b] : a < b;
  });
  Pages pages;
  for (std::ptrdiff_t i = 0; i < top; ++i) {
    pages.push_back(attended.pages[order_[static_cast<std::size_t>(i)]]);
  }
  std::ranges::sort(pages);
  return pages;
}

std::vector<double> HeadStability::overlap() const {
  if (windows_ == 0) return {};
  std::vector<double> means = sums_;
  for (double& mean : means) mean /= windows_;
  return means;
}

std::vector<std::int32_t> extreme_quarter(const std::vector<double>& values, bool highest) {
  std::vector<std::int32_t> numbers(values.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  std::ranges::stable_sort(numbers, [&](std::int32_t a, std::int32_t b) {
    const double left = values[static_cast<std::size_t>(a)];
    const double right = values[static_cast<std::size_t>(b)];
    return highest ? left > right : left < right;
  });
  numbers.resize(std::min(numbers.size(), std::max<std::size_t>(1, numbers.size() / 4)));
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace pagequest::kv
