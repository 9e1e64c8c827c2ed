// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result_table.h"
#include "cli/evaluation/cell.h"

namespace pagequest::cli {

using EvaluatedCell = std::pair<CellSpec, CellResult>;

/// One row a cell: accuracy with its 95 % interval, what the cache held and what was read, how
/// episodes ended, what the auxiliary thread cost, the time. `full` is needed for the shares: the
/// cell of policy full on the same task.
[[nodiscard]] ResultTable frontier_table(const std::vector<EvaluatedCell>& cells);

/// The table's columns that people look at first, as Markdown, a section a task.
[[nodiscard]] std::string frontier_markdown(const std::vector<EvaluatedCell>& cells,
                                            const std::string& command);

}  // namespace pagequest::cli
