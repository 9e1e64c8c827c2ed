// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pagequest::cli {

/// "0.1.0"
[[nodiscard]] std::string version();
/// Commit that was built, "" outside of a repository.
[[nodiscard]] std::string commit();
/// Both, for --version.
[[nodiscard]] std::string version_text();

}  // namespace pagequest::cli
