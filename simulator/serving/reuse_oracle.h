// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// When a workload's sessions ask for a block again, in the order in which they arrive: what
/// Belady's rule looks at (IBM Systems Journal 5(2), 1966). Exact for open loops; where sessions
/// wait for each other, the order of their later prompts is that of the recording.
class ReuseOracle {
 public:
  explicit ReuseOracle(const std::vector<Session>& sessions);

  /// Index of the first session behind `session` that has the block in a prompt; -1: none.
  [[nodiscard]] std::int64_t next_use(BlockId id, std::int64_t session) const;

 private:
  struct Use {
    BlockId id;
    std::int64_t session;
    auto operator<=>(const Use&) const = default;
  };
  std::vector<Use> uses_;  // sorted
};

}  // namespace pagequest::simulator
