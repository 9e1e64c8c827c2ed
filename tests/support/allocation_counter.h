// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::testing {

/// How often this program has taken memory from operator new so far, on all threads. Only for
/// executables that link allocation_counter.cpp, which replaces the operator.
[[nodiscard]] std::int64_t allocations();

}  // namespace pagequest::testing
