// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/closed_loop.h"

namespace pagequest::simulator {

double closed_loop_tpot(const StepCost& cost, const ClosedLoop& load) {
  BatchShape decode;
  const std::int64_t context = load.input + load.output / 2;
  for (std::int64_t i = 0; i < load.concurrency; ++i) decode.add_decode(context, cost.window());
  BatchShape mixed = decode;
  mixed.add_prefill(load.input, 0, cost.window(), true);
  const auto step = static_cast<double>(cost.ticks(decode));
  const double added = static_cast<double>(cost.ticks(mixed)) - step;
  const double prefills =
      (load.prefill_first ? 0.5 : 1.0) * static_cast<double>(load.concurrency - 1);
  const double ticks = step + prefills / static_cast<double>(load.output) * added;
  return ticks / static_cast<double>(kTicksPerNanosecond) * 1e-9;
}

}  // namespace pagequest::simulator
