// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace pagequest::kv {

/// A physical page with free rows that one table alone refers to and adds no token to.
struct SparsePage {
  std::int32_t logical;  // the first logical page that lies in it
  PageId physical;
  std::uint64_t rows;  // bit r: row r is in use
  bool movable;        // no other logical page lies in it
};

/// What is in page `from` of a list goes to the free rows `rows` of page `to`.
struct Merge {
  std::size_t from;
  std::size_t to;
  std::uint64_t rows;
};

/// Merges that empty a page each, the sparsest movable ones first, into the fullest page that has
/// room (best fit; of equals the first of the list). No page is both emptied and filled. As many
/// as that greedy rule finds: none would follow them. Takes n log n time for n pages, linear time
/// where there is nothing to merge. `page_size` in rows, 1 to 64.
[[nodiscard]] std::vector<Merge> plan_merges(std::vector<SparsePage> pages, std::int32_t page_size);

}  // namespace pagequest::kv
