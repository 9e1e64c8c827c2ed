// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result_table.h"

namespace pagequest::notebooks_export {

/// A <table>: units under the names, numbers to the right. Of a long table the page shows the first
/// rows and says so; the link of csv_link() has them all.
[[nodiscard]] std::string table_html(const ResultTable& table);

/// A link that saves the table as CSV without any network; "" for tables too large to carry along.
[[nodiscard]] std::string csv_link(const ResultTable& table);

}  // namespace pagequest::notebooks_export
