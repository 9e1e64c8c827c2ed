// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::ops {

/// One page of a sequence as the attention sees it. Only pages with a live token are listed.
struct AttendedPage {
  std::uint64_t live;           // bit i: the token at first_position + i is there
  std::int32_t physical;        // block number
  std::int32_t first_position;  // of the page
};

}  // namespace pagequest::ops
