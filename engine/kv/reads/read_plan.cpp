// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/reads/read_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "base/check.h"
#include "base/error.h"

namespace pagequest::kv {
namespace {

constexpr float kFirst = std::numeric_limits<float>::infinity();

void check_head(const KvHead& head, const KvShape& shape) {
  if (head.layer < shape.layers && head.kv_head < shape.kv_heads) return;
  throw usage_error({.what = "an unstable head that the model does not have",
                     .where = "layer:head",
                     .found = std::to_string(head.layer) + ":" + std::to_string(head.kv_head),
                     .expected = "layers below " + std::to_string(shape.layers) +
                                 " and KV heads below " + std::to_string(shape.kv_heads),
                     .hint = {}});
}

}  // namespace

ReadPlan::ReadPlan(const ReadSelection& selection, const KvShape& shape)
    : selection_(selection),
      shape_(shape),
      heads_(static_cast<std::size_t>(scope_count(Sharing::head, shape))) {
  for (const KvHead& head : selection_.unstable) check_head(head, shape_);
  mark_unstable();
}

void ReadPlan::mark_unstable() {
  for (const KvHead& head : selection_.unstable) {
    heads_[number(head.layer, head.kv_head)].unstable = true;
  }
  if (!selection_.unstable.empty()) return;
  const auto up_to = [&](std::size_t heads) {
    return std::floor(static_cast<double>(heads) * selection_.unstable_share + 1e-9);
  };
  for (std::size_t i = 0; i < heads_.size(); ++i) heads_[i].unstable = up_to(i + 1) > up_to(i);
}

void ReadPlan::begin_decode() {
  stable_ranks_ = step_ == 0;
  step_ = (step_ + 1) % selection_.rerank_steps;
}

void ReadPlan::choose(std::int32_t layer, std::int32_t kv_head, std::span<const std::int32_t> pages,
                      std::span<const float> bounds, std::vector<std::int32_t>& chosen) {
  Head& head = heads_[number(layer, kv_head)];
  chosen.clear();
  if (!ranks(layer, kv_head)) {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (pages[i] > head.newest || std::ranges::binary_search(head.kept, pages[i])) {
        chosen.push_back(static_cast<std::int32_t>(i));
      }
    }
    return;
  }
  PQ_CHECK(bounds.size() == pages.size(), "a ranking goes by a bound of each page");
  rank(bounds, chosen);
  head.kept.clear();
  for (const std::int32_t i : chosen) head.kept.push_back(pages[static_cast<std::size_t>(i)]);
  head.newest = pages.back();
}

void ReadPlan::rank(std::span<const float> bounds, std::vector<std::int32_t>& chosen) const {
  chosen.resize(bounds.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  const auto count = static_cast<std::size_t>(selection_.pages);
  if (count >= chosen.size()) return;
  const auto value = [&](std::int32_t i) {
    const auto at = static_cast<std::size_t>(i);
    const bool last = selection_.last_page_always && at + 1 == bounds.size();
    // A NaN has no order. Read, it shows in the logits, which are checked.
    return last || std::isnan(bounds[at]) ? kFirst : bounds[at];
  };
  const auto before = [&](std::int32_t a, std::int32_t b) {
    return value(a) != value(b) ? value(a) > value(b) : a > b;
  };
  const auto end = chosen.begin() + selection_.pages;
  std::nth_element(chosen.begin(), end, chosen.end(), before);
  chosen.erase(end, chosen.end());
  std::ranges::sort(chosen);
}

void ReadPlan::reset() {
  step_ = 0;
  stable_ranks_ = false;
  for (Head& head : heads_) {
    head.kept.clear();
    head.newest = -1;
  }
}

}  // namespace pagequest::kv
