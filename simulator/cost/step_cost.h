// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "simulator/cost/batch_shape.h"

namespace pagequest::simulator {

/// Time of batches in integer fractions of a nanosecond, so that the sum over many steps is exact
/// in whatever order and number of parts it is taken.
using Ticks = std::int64_t;
inline constexpr Ticks kTicksPerNanosecond = 1024;

/// Time of the decode steps of one composition of a batch, as its cached tokens grow:
///   base + per_read x decode_reads + per_window_read x decode_window_reads
/// which holds while decode_reads <= max_reads.
struct DecodeLine {
  Ticks base = 0;
  Ticks per_read = 0;
  Ticks per_window_read = 0;
  std::int64_t max_reads = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] Ticks at(std::int64_t reads, std::int64_t window_reads) const {
    return base + per_read * reads + per_window_read * window_reads;
  }
};

/// What one iteration of a replica costs: one interface for all fidelities (roofline, fitted
/// tables, measured profiles). Deterministic; no state.
class StepCost {
 public:
  virtual ~StepCost() = default;

  /// Of any iteration; at least one nanosecond. For a batch without prefill it equals
  /// decode_line(batch).at(batch.decode_reads, batch.decode_window_reads).
  [[nodiscard]] virtual Ticks ticks(const BatchShape& batch) const = 0;

  /// For a batch without prefill. The line depends on the number of sequences, on which piece
  /// batch.decode_reads lies (a function of the cost that is piecewise linear in it), and on the
  /// lead longest_decode - mean reads, which stays while all sequences grow.
  [[nodiscard]] virtual DecodeLine decode_line(const BatchShape& batch) const = 0;

  /// Tokens that a sliding layer attends to at most; no layer slides: 0.
  [[nodiscard]] virtual std::int64_t window() const = 0;
};

}  // namespace pagequest::simulator
