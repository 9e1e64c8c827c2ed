// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "simulator/sweep/sweep_plan.h"

namespace pagequest::simulator {

/// The plan as JSON lines: a header with the sweep file's content, then a line for each point with
/// its number, id and values of the axes. The same plan gives the same bytes.
[[nodiscard]] std::string manifest_text(const SweepPlan& plan);

/// Throws input_error with the line on a text that manifest_text() did not write, a truncated one
/// included. `where` names the file.
[[nodiscard]] SweepPlan parse_manifest(const std::string& text, const std::string& where);

}  // namespace pagequest::simulator
