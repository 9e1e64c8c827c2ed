// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::ops {

/// One page of a sequence as the attention sees it. Only pages with a live token are listed. Row r
/// of the block holds the token at first_position + r; or, of a page that ends before the first row
/// of the pass and that every row sees, any of the page's tokens.
struct AttendedPage {
  std::uint64_t live;           // bit r: row r holds a live token of this page
  std::int32_t physical;        // block number
  std::int32_t first_position;  // of the page
};

}  // namespace pagequest::ops
