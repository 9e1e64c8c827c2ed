// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/kv/eviction_controller.h"

namespace pagequest::kv {

/// What a policy chose at the end of a step, scope by scope. Used again, its vectors keep their
/// memory.
struct Choice {
  struct Of {
    std::int32_t scope;
    std::int32_t unit;  // id
    constexpr auto operator<=>(const Of&) const = default;
  };
  std::vector<Of> units;        // ascending
  std::vector<Victim> victims;  // by scope, ascending
  std::vector<Requantisation> requantised;

  void clear() {
    units.clear();
    victims.clear();
    requantised.clear();
  }

  [[nodiscard]] bool has(std::int32_t scope, std::int32_t unit) const {
    return std::ranges::binary_search(units, Of{scope, unit});
  }
  [[nodiscard]] bool has_of(std::int32_t scope) const {
    return std::ranges::binary_search(units, scope, {}, &Of::scope);
  }

  /// Neighbours that are stored alike are one change.
  void store(const Requantisation& change) {
    if (!requantised.empty()) {
      Requantisation& last = requantised.back();
      if (last.span.end() == change.span.first && last.scope == change.scope &&
          last.precision == change.precision) {
        last.span.count += change.span.count;
        return;
      }
    }
    requantised.push_back(change);
  }
};

}  // namespace pagequest::kv
