// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/cost/step_cost.h"

namespace pagequest::simulator {

/// Requests of equal lengths, `concurrency` of them at all times, with room for all of them.
struct ClosedLoop {
  std::int64_t input = 0;   // tokens
  std::int64_t output = 0;  // tokens
  std::int64_t concurrency = 0;
  /// Prefill goes before decode, as in SGLang. Requests of equal lengths then stay in step: one
  /// waits, on average, for the prefills of half of the others instead of all.
  bool prefill_first = false;
};

/// Seconds per output token by a closed formula, for fitting; no simulation:
///   decode step at the mean context
///     + (concurrency - 1) / output x (what the prefill of one input adds to such a step).
[[nodiscard]] double closed_loop_tpot(const StepCost& cost, const ClosedLoop& load);

}  // namespace pagequest::simulator
