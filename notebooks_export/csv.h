// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result_table.h"

namespace pagequest::notebooks_export {

/// RFC 4180 with a header line of column names and CRLF line ends. Numbers read back exactly; NaN
/// is an empty field.
[[nodiscard]] std::string to_csv(const ResultTable& table);

}  // namespace pagequest::notebooks_export
