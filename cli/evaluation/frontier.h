// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result_table.h"
#include "cli/evaluation/cell.h"

namespace pagequest::cli {

/// One row a cell: accuracy with its 95 % interval, what the cache held and what was read (tokens,
/// means over the episodes), how episodes ended, what the auxiliary thread cost, the time.
[[nodiscard]] ResultTable frontier_table(const std::vector<EvaluatedCell>& cells);

/// The table's columns that people look at first, as Markdown, a section a task. Reads are shares
/// of those of the policy full on the same task, which must come first there.
[[nodiscard]] std::string frontier_markdown(const std::vector<EvaluatedCell>& cells,
                                            const std::string& command);

}  // namespace pagequest::cli
