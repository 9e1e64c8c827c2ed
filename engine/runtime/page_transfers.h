// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "engine/kv/page_table.h"

namespace pagequest::runtime {

/// What a backend does to pages before a pass: first rows move, in any order, then pages are
/// copied.
struct PageTransfers {
  std::span<const kv::RowMove> moves;  // of one kv::PageTable::compact() of each table
  std::span<const kv::PageCopy> copies;

  [[nodiscard]] bool empty() const { return moves.empty() && copies.empty(); }
};

}  // namespace pagequest::runtime
