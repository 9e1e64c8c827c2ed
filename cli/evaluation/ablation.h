// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result_table.h"
#include "cli/evaluation/cell.h"

namespace pagequest::cli {

/// What the answers lose with tokens of each class: a row for each cell that ablates a class and
/// each of `full` and the cell's controls, where they have been played. Pairs are the episodes in
/// which as many tokens of the class went as in those of the controls, and any at all: the others
/// are left out against all of them. Whether an episode is a pair is settled before anything is
/// dropped, when all the cells' episodes are still alike.
[[nodiscard]] ResultTable ablation_table(const std::vector<EvaluatedCell>& cells);

/// The table's main columns as Markdown, a section a task; `cells` are those it was made of.
[[nodiscard]] std::string ablation_markdown(const ResultTable& table,
                                            const std::vector<EvaluatedCell>& cells,
                                            const std::string& command);

}  // namespace pagequest::cli
