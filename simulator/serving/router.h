// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "simulator/serving/replica.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator {

/// Chooses replicas for requests. Deterministic: the first of equals.
///
/// prefix: who holds at least half of the prompt's named pages, unless the loads are out of balance
/// by more than 32 requests; else the least loaded one (cache_threshold and balance_abs_threshold
/// of sgl-project/sglang's router).
class Router {
 public:
  explicit Router(RouterRule rule) : rule_(rule) {}

  /// `replicas` must not be empty. Returns an index into them.
  [[nodiscard]] std::size_t choose(std::span<Replica* const> replicas,
                                   std::span<const BlockId> prompt);

 private:
  RouterRule rule_;
  std::size_t next_ = 0;
};

}  // namespace pagequest::simulator
