// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace pagequest {

/// Levels of brackets in JSON that comes from outside. Copies, comparisons and texts of JSON values
/// recurse, so text without this limit could exhaust the stack.
inline constexpr int kDeepestJson = 100;

/// Whether brackets nest deeper than kDeepestJson; text that is not JSON may be judged either way.
[[nodiscard]] bool nests_too_deep(std::string_view text);

}  // namespace pagequest
