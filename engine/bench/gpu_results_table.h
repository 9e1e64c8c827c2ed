// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pagequest::bench {

/// The text of a valid results file as a table of 80 columns at most.
[[nodiscard]] std::string gpu_results_table(std::string_view json);

}  // namespace pagequest::bench
