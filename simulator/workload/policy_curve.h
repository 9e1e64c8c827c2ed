// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result_table.h"
#include "simulator/workload/apply_policy.h"

namespace pagequest::simulator {

/// What a sequence under a policy holds and reads when it has come to `context` positions.
struct FootprintPoint {
  double context = 0.0;  // positions
  double live = 0.0;     // tokens
  double pages = 0.0;    // physical
  double reads = 0.0;    // tokens that a decode step reads: positions on held pages
};

/// Piecewise linear in the context; constant growth beyond the last knot as in the last piece.
struct FootprintCurve {
  std::vector<FootprintPoint> knots;  // ascending contexts, at least one
  double worst_pages_error = 0.0;     // of the knots against all recorded points, in pages
  double worst_reads_error = 0.0;     // tokens

  [[nodiscard]] FootprintPoint at(double context) const;
  [[nodiscard]] double pages(double context) const { return at(context).pages; }
  [[nodiscard]] double reads(double context) const { return at(context).reads; }
};

/// The sequence that a curve is recorded on: a prompt, then decoding and tool responses by turns.
struct CurveLoad {
  std::int32_t most_context = 32768;  // positions
  std::int32_t prompt = 1024;         // tokens; these and the following
  std::int32_t decode = 1024;         // of a turn
  std::int32_t response = 0;          // 0: one long decode
};
[[nodiscard]] Session curve_session(const CurveLoad& load);

/// A point each `every` positions at least, and at the end, of a session with its policy's
/// evictions (apply_policy). Auxiliary threads are left out.
[[nodiscard]] std::vector<FootprintPoint> record_footprint(const Session& session,
                                                           std::int32_t page_tokens,
                                                           std::int32_t every);

/// The fewest points (Douglas and Peucker, 1973: the farthest is added until all are near) whose
/// interpolation misses no page count by more than `page_tolerance` and no read by more than that
/// many pages' tokens. `points` is not empty and ascends.
[[nodiscard]] FootprintCurve summarise_footprint(const std::vector<FootprintPoint>& points,
                                                 std::int32_t page_tokens, double page_tolerance);

/// All three for one policy: the real policy on one synthetic sequence. Throws as apply_policy.
[[nodiscard]] FootprintCurve policy_curve(const PolicySettings& settings, const CurveLoad& load,
                                          double page_tolerance = 8.0);

/// One row a knot.
[[nodiscard]] ResultTable footprint_table(const FootprintCurve& curve, const std::string& policy);

}  // namespace pagequest::simulator
