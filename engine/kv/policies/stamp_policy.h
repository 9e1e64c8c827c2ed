// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/loops/loops.h"
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
    for (const PageRun& run : attended.runs) {
      loops().stamp(attended.mass.data() + run.at, run.count, least, step_, used.data() + run.page);
    }
  }

  [[nodiscard]] float keep_score(std::int32_t scope, std::int32_t page) const final {
    return static_cast<float>(value_at(used_, scope, page));
  }

  void keep_scores(std::int32_t scope, std::span<const UnitView> candidates,
                   std::span<float> keep) const final {
    score_each(known(used_, scope), candidates, keep,
               [](std::int32_t step) { return static_cast<float>(step); });
  }

  std::int32_t step_ = 0;                        // with attention, from 1
  std::vector<std::vector<std::int32_t>> used_;  // (scope, page): step; 0: new
};

}  // namespace pagequest::kv
