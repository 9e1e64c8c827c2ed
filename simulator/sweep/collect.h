// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result_table.h"
#include "simulator/sweep/pareto_search.h"
#include "simulator/sweep/sweep_plan.h"

namespace pagequest::simulator {

/// Table `points`: a row for each point that has a result, in the order of the points: number, id,
/// values of the axes (as numbers where all of an axis are), `error`, and every metric that any
/// point has, by name; empty where a point lacks it. With a search also `on_front`, 1 or 0. The
/// rows depend on the results alone, not on who computed them or when.
[[nodiscard]] ResultTable points_table(const SweepPlan& plan, const PointResults& results);

/// Table `fixed`: the settings that all points share.
[[nodiscard]] ResultTable fixed_table(const SweepPlan& plan);

}  // namespace pagequest::simulator
