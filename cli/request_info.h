// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result_table.h"
#include "traces/import/importer.h"

namespace pagequest::cli {

/// Whether a path is a request trace to import, not a trace of PageQuest's own: the format was
/// named, it is standard input, or an importer knows the content.
[[nodiscard]] bool is_request_trace(const std::string& path, const std::string& format);

/// What a request trace holds: format, identity of its ids, figures, what was skipped.
[[nodiscard]] std::vector<ResultTable> request_tables(const std::string& path,
                                                      const traces::ImportOptions& options);

}  // namespace pagequest::cli
