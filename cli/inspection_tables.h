// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result_table.h"
#include "engine/runtime/inspection.h"

namespace pagequest::cli {

/// The pool, its KV groups, and a row for each owner of each page; a page that only the prefix
/// cache holds has one row without an owner.
[[nodiscard]] std::vector<ResultTable> inspection_tables(const runtime::Inspection& inspection);

}  // namespace pagequest::cli
