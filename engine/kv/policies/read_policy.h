// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "engine/kv/eviction_policy.h"
#include "engine/kv/reads/read_selection.h"

namespace pagequest::kv {

/// Evicts nothing: its budget is what each KV head reads at a decode step, not what is kept.
class ReadPolicy final : public EvictionPolicy {
 public:
  ReadPolicy(ReadSelection selection, std::int32_t minimum_budget_tokens)
      : selection_(std::move(selection)), minimum_budget_tokens_(minimum_budget_tokens) {}

  [[nodiscard]] Unit unit() const override { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::never; }
  [[nodiscard]] bool takes_budget() const override { return true; }
  [[nodiscard]] const ReadSelection* reads() const override { return &selection_; }
  [[nodiscard]] std::int32_t minimum_budget_tokens() const override {
    return minimum_budget_tokens_;
  }

 private:
  void do_observe(const Event& /*event*/) override {}
  void do_score(std::int32_t /*scope*/, std::span<const UnitView> /*candidates*/,
                std::span<float> keep) const override {
    std::fill(keep.begin(), keep.end(), std::numeric_limits<float>::infinity());
  }

  ReadSelection selection_;
  std::int32_t minimum_budget_tokens_;
};

}  // namespace pagequest::kv
