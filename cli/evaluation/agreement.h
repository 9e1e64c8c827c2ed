// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result_table.h"
#include "cli/evaluation/cell.h"

namespace pagequest::cli {

/// How what a model wrote under a policy agrees with what it wrote with everything kept.
struct Agreement {
  std::optional<std::int64_t> first_divergence;  // index of the first token that differs
  double equal_share = 1.0;  // tokens at the same index that are equal, of the longer text's tokens
};

/// A text that ends before the other diverges at its end.
[[nodiscard]] Agreement agreement_of(std::span<const std::int32_t> full,
                                     std::span<const std::int32_t> other);

/// One row a cell but those of `full`, means over the episodes that both cells have. Empty where
/// there is no cell of `full`.
[[nodiscard]] ResultTable agreement_table(const std::vector<EvaluatedCell>& cells);

/// The same as Markdown, as a section.
[[nodiscard]] std::string agreement_markdown(const ResultTable& table);

}  // namespace pagequest::cli
