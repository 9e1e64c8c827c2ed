// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/recency_recall.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>

namespace pagequest::analyzer {
namespace {

constexpr std::int32_t kBits = 64;

std::size_t index(std::int32_t value) { return static_cast<std::size_t>(value); }

std::vector<std::uint64_t> page_set(std::span<const std::int32_t> pages, std::size_t words) {
  std::vector<std::uint64_t> set(words, 0);
  for (const std::int32_t page : pages) {
    set[index(page / kBits)] |= std::uint64_t{1} << (page % kBits);
  }
  return set;
}

std::int64_t common(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  std::int64_t count = 0;
  for (std::size_t w = 0; w < a.size(); ++w) count += std::popcount(a[w] & b[w]);
  return count;
}

}  // namespace

std::optional<Recall> RecencyRecall::step(const RecallStep& step, std::int32_t band) {
  mark_used(step.accessed);
  auto judgement = judge_oldest();
  touch(step);
  pending_.push_back(predict(step, band));
  ++now_;
  return judgement;
}

void RecencyRecall::mark_used(std::span<const std::int32_t> accessed) {
  for (auto& prediction : pending_) {
    for (const std::int32_t page : accessed) {
      const std::size_t word = index(page / kBits);
      if (word >= prediction.used.size()) break;
      const std::uint64_t bit = std::uint64_t{1} << (page % kBits);
      prediction.used[word] |= prediction.candidates[word] & bit;
    }
  }
}

std::optional<Recall> RecencyRecall::judge_oldest() {
  if (pending_.size() < index(k_)) return std::nullopt;
  const Prediction oldest = std::move(pending_.front());
  pending_.pop_front();
  const std::int64_t used = common(oldest.used, oldest.used);
  if (used == 0) return std::nullopt;
  const auto recall = [&](const PageSet& set) {
    return static_cast<double>(common(set, oldest.used)) / static_cast<double>(used);
  };
  return Recall{oldest.band, recall(oldest.recent), recall(oldest.young), oldest.random};
}

void RecencyRecall::clear() {
  now_ = 0;
  last_touch_.clear();
  pending_.clear();
}

void RecencyRecall::touch(const RecallStep& step) {
  std::int32_t highest = step.written_page;
  if (!step.candidates.empty()) highest = std::max(highest, step.candidates.back());
  if (last_touch_.size() <= index(highest)) last_touch_.resize(index(highest) + 1, -1);
  for (const std::int32_t page : step.candidates) {
    if (last_touch_[index(page)] < 0) last_touch_[index(page)] = now_;
  }
  for (const std::int32_t page : step.accessed) last_touch_[index(page)] = now_;
  last_touch_[index(step.written_page)] = now_;
}

RecencyRecall::Prediction RecencyRecall::predict(const RecallStep& step, std::int32_t band) {
  const std::size_t n = step.candidates.size();
  if (n == 0)
    return {.band = band, .random = 0, .candidates = {}, .recent = {}, .young = {}, .used = {}};
  const std::size_t kept = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::llround(share_ * static_cast<double>(n))), 1, n);
  by_recency_.clear();
  for (const std::int32_t page : step.candidates) {
    by_recency_.push_back(static_cast<std::uint64_t>(last_touch_[index(page)]) << 32U |
                          static_cast<std::uint64_t>(page));
  }
  const auto last_kept = by_recency_.begin() + static_cast<std::ptrdiff_t>(kept) - 1;
  std::nth_element(by_recency_.begin(), last_kept, by_recency_.end(), std::greater<>());
  recent_.clear();
  for (std::size_t i = 0; i < kept; ++i) {
    recent_.push_back(static_cast<std::int32_t>(by_recency_[i] & 0xffffffffU));
  }
  const std::size_t words = index(step.candidates.back() / kBits) + 1;
  return {.band = band,
          .random = static_cast<double>(kept) / static_cast<double>(n),
          .candidates = page_set(step.candidates, words),
          .recent = page_set(recent_, words),
          .young = page_set(step.candidates.last(kept), words),
          .used = PageSet(words, 0)};
}

}  // namespace pagequest::analyzer
