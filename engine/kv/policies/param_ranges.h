// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/params.h"

namespace pagequest::kv {

/// The value of an integer parameter of `policy`. Throws usage_error if it is out of range.
[[nodiscard]] std::int32_t integer_in(const Params& params, std::string_view policy,
                                      std::string_view name, std::int64_t least, std::int64_t most);
/// The same for a real one.
[[nodiscard]] double real_in(const Params& params, std::string_view policy, std::string_view name,
                             double least, double most);

/// The integers of a text parameter such as "8/4/2". Throws usage_error if one is none or out of
/// range.
[[nodiscard]] std::vector<std::int32_t> integers_in(const Params& params, std::string_view policy,
                                                    std::string_view name, std::int32_t least,
                                                    std::int32_t most);

}  // namespace pagequest::kv
