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
  [[nodiscard]] Verdict judge(std::int32_t scope,
                              std::span<const UnitView> candidates) const override = 0;

 protected:
  /// Takes any event in, after the base classes' own part.
  virtual void observe_rest(const Event& /*event*/) {}

  /// What the scope stores the page with.
  [[nodiscard]] Precision stored(std::int32_t scope, std::int32_t page) const {
    return value_at(stored_, scope, page);
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
    std::vector<Precision>& of_page = part(stored_, number);
    const std::int32_t size = context().page_size;
    const std::int32_t end = std::min(pages(), (change.span.end() + size - 1) / size);
    for (std::int32_t page = change.span.first / size; page < end; ++page) {
      of_page[static_cast<std::size_t>(page)] = {change.key_bits, change.value_bits};
    }
  }

  std::vector<std::vector<Precision>> stored_;  // (scope, page)
};

}  // namespace pagequest::kv
