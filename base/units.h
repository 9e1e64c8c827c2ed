// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pagequest {

/// Quantities as typed: a number and a unit, nothing between or one space. `what` names the
/// quantity for messages. All throw usage_error that lists the valid units; a value must be finite
/// and not negative.

/// B; kB KB MB GB TB PB (powers of 1000), KiB MiB GiB TiB PiB (powers of 1024). A number alone is
/// bytes.
[[nodiscard]] double parse_bytes(std::string_view what, const std::string& text);

/// The same a second ("64GB/s"), or bits a second: Mb/s Gb/s Tb/s, Mbit/s Gbit/s Tbit/s.
[[nodiscard]] double parse_bytes_per_s(std::string_view what, const std::string& text);

/// ns, us, ms, s, min, h. A number alone is seconds.
[[nodiscard]] double parse_seconds(std::string_view what, const std::string& text);

}  // namespace pagequest
