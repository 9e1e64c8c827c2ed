// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "traces/io/hdf5_file.h"

namespace pagequest::traces::io {

/// Whether [begin, begin + count) lies inside [0, rows), for any numbers.
[[nodiscard]] inline bool fits(std::int64_t begin, std::int64_t count, std::uint64_t rows) {
  return begin >= 0 && count >= 0 && static_cast<std::uint64_t>(begin) <= rows &&
         static_cast<std::uint64_t>(count) <= rows - static_cast<std::uint64_t>(begin);
}

/// Throws input_error: `reference` names rows that its table doesn't have.
[[noreturn]] void reject_reference(const Status& status, std::string_view reference,
                                   std::int64_t begin, std::int64_t count, std::uint64_t rows);

/// Throws unless the rows are there.
inline void expect_inside(const Status& status, std::string_view reference, std::int64_t begin,
                          std::int64_t count, std::uint64_t rows) {
  if (!fits(begin, count, rows)) reject_reference(status, reference, begin, count, rows);
}

/// Throws input_error if the file has an object that its header does not announce.
void expect_absent(const Status& status, hid_t file, std::string_view name);

}  // namespace pagequest::traces::io
