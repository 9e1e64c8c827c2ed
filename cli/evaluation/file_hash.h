// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace pagequest::cli {

/// 16 hexadecimal digits that tell one content of a file from another. Not for security. Throws
/// input_error if it can't be read.
[[nodiscard]] std::string hash_of_file(const std::filesystem::path& path);

}  // namespace pagequest::cli
