// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::ops {

/// Pages whose keys count as if their tokens stood so many positions later than they were rotated
/// for. Either all rows of consecutive pages, or some rows of one page.
struct TurnedPages {
  std::int64_t first;  // pages [first, end) of a list of AttendedPage
  std::int64_t end;
  std::uint64_t rows;      // bit r: row r of them; ~0: all
  std::int32_t positions;  // at least 0
};

}  // namespace pagequest::ops
