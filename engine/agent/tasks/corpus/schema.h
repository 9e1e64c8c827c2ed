// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::agent {

inline constexpr std::int64_t kCorpusApplicationId = 0x50514350;  // "PQCP"
inline constexpr std::int64_t kCorpusVersion = 1;

}  // namespace pagequest::agent
