// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::bench {

/// Bytes of this process that are in memory now; 0 where the system does not say.
[[nodiscard]] std::int64_t resident_bytes();

}  // namespace pagequest::bench
