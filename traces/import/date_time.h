// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pagequest::traces {

/// Nanoseconds since 1970 of an ISO 8601 date and time: "2023-11-16 18:17:03.9799600",
/// "2024-05-10 00:00:00+00:00", "2024-10-15T12:00:00.269Z". Nothing if it is none. A fraction may
/// be missing or have any number of digits (those after the ninth are dropped), and so may the
/// zone.
[[nodiscard]] std::optional<std::int64_t> parse_date_time(std::string_view text);

}  // namespace pagequest::traces
