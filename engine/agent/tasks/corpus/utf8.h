// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pagequest::agent {

/// Code points of a text; a byte that is no part of valid UTF-8 becomes U+FFFD.
[[nodiscard]] std::u32string to_code_points(std::string_view text);
[[nodiscard]] std::string to_utf8(std::u32string_view text);

}  // namespace pagequest::agent
