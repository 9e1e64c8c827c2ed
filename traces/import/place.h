// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace pagequest::traces {

/// Where in a source a row is. Made for every row, so it makes a text only if asked.
struct Place {
  std::string_view source;
  std::int64_t line = 0;       // from 1; 0: of no line in particular
  std::string_view part = {};  // "request", where a line has many
  std::int64_t number = 0;     // of the part, from 1

  [[nodiscard]] std::string text() const {
    std::string out(source);
    if (line > 0) out += ", line " + std::to_string(line);
    if (!part.empty()) out += ", " + std::string(part) + " " + std::to_string(number);
    return out;
  }
};

/// An Error about a row of a request trace.
[[nodiscard]] inline Error row_error(const Place& place, std::string what, std::string found,
                                     std::string expected, std::string hint) {
  return input_error(
      {std::move(what), place.text(), std::move(found), std::move(expected), std::move(hint)});
}

}  // namespace pagequest::traces
