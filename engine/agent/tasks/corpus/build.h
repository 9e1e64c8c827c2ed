// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace pagequest::agent {

/// Makes a corpus file of documents for the task `corpus`: an SQLite database with a full-text
/// index (FTS5, BM25, Porter stems). `documents` has a JSON object a line: `url` (unique), `title`,
/// `text`, where `[text](url)` is a link. Returns the number of documents.
///
/// The same documents give the same bytes with the same version of SQLite. The file appears at
/// `corpus` only when it is whole; a regular file that stood there is replaced. Throws input_error
/// that names file, line and field, output_error, or usage_error if both are the same file.
std::int32_t build_corpus(const std::filesystem::path& documents,
                          const std::filesystem::path& corpus);

}  // namespace pagequest::agent
