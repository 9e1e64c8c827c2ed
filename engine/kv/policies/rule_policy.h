// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/check.h"
#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {

/// Attention policies that have no budget: a rule of their own says what goes and with which
/// precision the rest is stored.
class RulePolicy : public AttentionPolicy {
 public:
  using AttentionPolicy::AttentionPolicy;

  [[nodiscard]] Trigger trigger() const final { return Trigger::rule; }
  [[nodiscard]] bool requantises() const final { return true; }
  void judge(std::int32_t scope, std::span<const UnitView> candidates,
             Verdict& verdict) const override = 0;

 protected:
  /// Takes any event in, after the base classes' own part.
  virtual void observe_rest(const Event& /*event*/) {}

  /// What the scope stores the page with.
  [[nodiscard]] Precision stored(std::int32_t scope, std::int32_t page) const {
    const std::int32_t mark = value_at(stored_, scope, page);
    return mark == 0 ? Precision{} : Precision{mark / kMark, mark % kMark};
  }
  /// (page): what it is stored with, 0 as it was filled, as far as anything is stored otherwise.
  [[nodiscard]] std::span<const std::int32_t> marks(std::int32_t scope) const {
    return known(stored_, scope);
  }
  [[nodiscard]] static constexpr std::int32_t mark_of(const Precision& precision) {
    return precision.key_bits * kMark + precision.value_bits;
  }

 private:
  void observe_event(const Event& event) final {
    if (const auto* change = std::get_if<TokensRequantised>(&event)) keep(*change);
    observe_rest(event);
  }

  void keep(const TokensRequantised& change) {
    const Scope scope{.layer = change.layer, .kv_head = change.kv_head};
    const std::int32_t number = scope_number(sharing(), context().shape, scope);
    PQ_CHECK(number >= 0, "a policy is told of its own changes only");
    std::vector<std::int32_t>& of_page = part(stored_, number);
    const std::int32_t size = context().page_size;
    const std::int32_t end = std::min(pages(), (change.span.end() + size - 1) / size);
    for (std::int32_t page = change.span.first / size; page < end; ++page) {
      of_page[static_cast<std::size_t>(page)] = mark_of({change.key_bits, change.value_bits});
    }
  }

  static constexpr std::int32_t kMark = 64;  // more than an element has bits

  std::vector<std::vector<std::int32_t>> stored_;  // (scope, page): marks
};

}  // namespace pagequest::kv
