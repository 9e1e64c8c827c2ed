// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {

/// Keeps the pages that were used last. A page is used in a step in which its mass reaches the
/// bar, and when it is new.
class StampPolicy : public AttentionPolicy {
 public:
  using AttentionPolicy::AttentionPolicy;

 protected:
  /// Least mass that is a use in this step.
  [[nodiscard]] virtual float bar(const Attended& attended) = 0;

 private:
  void attend(const Attended& attended) final {
    if (attended.scope == 0) ++step_;
    const float least = bar(attended);
    std::vector<std::int32_t>& used = part(used_, attended.scope);
    for (std::size_t i = 0; i < attended.pages.size(); ++i) {
      std::int32_t& last = used[static_cast<std::size_t>(attended.pages[i])];
      if (last == 0 || attended.mass[i] >= least) last = step_;
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const final {
    return static_cast<float>(value_at(used_, scope, page));
  }

  std::int32_t step_ = 0;                        // with attention, from 1
  std::vector<std::vector<std::int32_t>> used_;  // (scope, page): step; 0: new
};

}  // namespace pagequest::kv
