// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace pagequest {

/// The file that a result for `path` replaces or makes: `path`, or what it leads to if it is a
/// symbolic link. Throws output_error if something else than a regular file is there (a folder, a
/// device, a pipe, a link to nothing), which a new file must not take the place of. A folder that
/// is missing is left to whoever opens the file.
[[nodiscard]] std::filesystem::path output_target(const std::filesystem::path& path);

/// Throws usage_error if `output` is the same file as `input`, by whatever names. `option` is the
/// one that named the input. Files that do not exist are never the same.
void expect_not_input(const std::filesystem::path& output, const std::filesystem::path& input,
                      const std::string& option);

}  // namespace pagequest
