// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <limits>
#include <set>
#include <span>
#include <variant>
#include <vector>

#include "engine/kv/policies/registry.h"

namespace pagequest::kv {

/// What policies have in common that name tool responses by a rule, at turn boundaries.
class ToolResultPolicy : public EvictionPolicy {
 public:
  [[nodiscard]] Unit unit() const final { return Unit::message; }
  [[nodiscard]] Trigger trigger() const final { return Trigger::command; }
  [[nodiscard]] std::vector<std::int32_t> commanded() const final { return chosen(); }
  void clear_commands() final {
    for (const std::int32_t cursor : chosen()) held_.erase(cursor);
  }

 protected:
  /// Cursors to drop, ascending; of held().
  [[nodiscard]] virtual std::vector<std::int32_t> chosen() const = 0;
  /// Takes other events in.
  virtual void observe_other(const Event& /*event*/) {}
  /// Cursors that were given out and not yet chosen.
  [[nodiscard]] const std::set<std::int32_t>& held() const { return held_; }
  /// All but the newest `count` of them, ascending.
  [[nodiscard]] std::vector<std::int32_t> all_but_newest(std::int32_t count) const {
    std::vector<std::int32_t> old(held_.begin(), held_.end());
    old.resize(old.size() - std::min(old.size(), static_cast<std::size_t>(count)));
    return old;
  }

 private:
  void do_observe(const Event& event) final {
    if (const auto* tool = std::get_if<ToolResponded>(&event); tool && tool->cursor >= 0) {
      held_.insert(tool->cursor);
    }
    observe_other(event);
  }

  void do_score(std::int32_t /*scope*/, std::span<const UnitView> candidates,
                std::span<float> keep) const final {
    const std::vector<std::int32_t> named = chosen();
    std::transform(candidates.begin(), candidates.end(), keep.begin(), [&](const auto& unit) {
      return std::ranges::binary_search(named, unit.id) ? 0.0F
                                                        : std::numeric_limits<float>::infinity();
    });
  }

  std::set<std::int32_t> held_;
};

}  // namespace pagequest::kv
