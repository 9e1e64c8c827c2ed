// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <set>
#include <variant>
#include <vector>

#include "engine/kv/policies/command_policy.h"

namespace pagequest::kv {

/// What policies have in common that name tool responses by a rule, at turn boundaries.
class ToolResultPolicy : public CommandPolicy {
 public:
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

  std::set<std::int32_t> held_;
};

}  // namespace pagequest::kv
