// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulator/cost/batch_shape.h"
#include "simulator/cost/kernel_times.h"
#include "simulator/cost/step_cost.h"

namespace pagequest::simulator {

[[nodiscard]] Ticks round_to_ticks(double seconds);
/// The same, at least one nanosecond, so that simulated time always goes on.
[[nodiscard]] Ticks to_ticks(double seconds);

/// The piece of decode attention's time on which batch.decode_reads lies, in integers: the same
/// whichever step of a composition asks, so that a piece can be summed over many steps. The lines
/// are those of DecodeAttentionTime; `skew` as in DecodeAttentionEfficiency.
[[nodiscard]] DecodeLine decode_piece(const DecodeAttentionTime::Lines& lines, double skew,
                                      const BatchShape& batch);

}  // namespace pagequest::simulator
