// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result_table.h"

/// Small operations on tables, for composing reports.
namespace pagequest::notebooks_export {

/// The rows of several tables of equal columns, one under the other. Name and description are the
/// first one's. Tables of different columns are a programmer's mistake, and so are none.
[[nodiscard]] ResultTable stacked(std::span<const ResultTable> tables);

/// The table with a text column in front that has the same value in every row.
[[nodiscard]] ResultTable labelled(const ResultTable& table, std::string column, std::string value);

/// The rows for which `keep(table, row)` holds.
[[nodiscard]] ResultTable filtered(
    const ResultTable& table,
    const std::function<bool(const ResultTable& table, std::size_t row)>& keep);

/// Those columns, in that order.
[[nodiscard]] ResultTable selected(const ResultTable& table,
                                   std::span<const std::string_view> columns);

/// At most `rows` rows, evenly picked, the first and the last included: for long timelines.
[[nodiscard]] ResultTable thinned(const ResultTable& table, std::size_t rows);

}  // namespace pagequest::notebooks_export
