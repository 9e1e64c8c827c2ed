// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "simulator/sweep/point_result.h"
#include "simulator/sweep/sweep_plan.h"

namespace pagequest::simulator {

using PointResults = std::vector<std::optional<PointResult>>;  // (point)

/// How far a sweep is, by the results that are there.
struct SweepProgress {
  std::vector<std::size_t> reached;  // points that belong to it so far, in the order of its rounds
  std::vector<std::size_t> missing;  // those of its last round without a result; empty: it is done
};

/// Without a search, all points are one round. With one, the first round is a coarse grid: every
/// value of an axis that has texts, and of one with numbers its first value, every s-th (s the
/// largest power of two that leaves two intervals), and its last. Each later round are the points s
/// steps along one axis from the Pareto front of what was reached; when there are no new ones, s is
/// halved, until s = 1 gives none or the budget is used up. What a round is depends on the results
/// of earlier rounds only, so a killed search goes on as if it had not been.
///
/// Throws usage_error if the coarse grid is larger than the budget, or if no result has a metric of
/// the objectives (it lists those that there are).
[[nodiscard]] SweepProgress progress_of(const SweepPlan& plan, const PointResults& results);

/// Those of `points` on the Pareto front of the objectives, in ascending order; points that failed
/// or lack a metric are not on it. Empty without a search.
[[nodiscard]] std::vector<std::size_t> front_of(const SweepPlan& plan, const PointResults& results,
                                                const std::vector<std::size_t>& points);

}  // namespace pagequest::simulator
