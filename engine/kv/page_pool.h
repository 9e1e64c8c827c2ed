// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace pagequest::kv {

/// Physical pages with reference counts. The pool knows numbers only: what a page holds belongs to
/// the engine's KV cache. Not thread-safe; every operation takes constant time.
///
/// Deterministic: pages are handed out in ascending order at first, then the last one freed is the
/// first one reused, which keeps the memory in use small and warm.
class PagePool {
 public:
  /// `pages` free pages, numbered from 0; at least 1.
  explicit PagePool(std::int32_t pages);

  /// A page with one reference, or PageId{} (value -1) when none is free.
  [[nodiscard]] PageId allocate();
  void retain(PageId page);
  /// Drops one reference; true when it was the last one and the page is free now.
  bool release(PageId page);

  [[nodiscard]] std::int32_t references(PageId page) const;
  [[nodiscard]] std::int32_t total_pages() const;
  [[nodiscard]] std::int32_t free_pages() const;
  [[nodiscard]] std::int32_t used_pages() const { return total_pages() - free_pages(); }

  /// Whether free and referenced pages make up the pool, each page counted once. Linear time.
  [[nodiscard]] bool conserved() const;

 private:
  std::vector<std::int32_t> references_;  // by page
  std::vector<std::int32_t> free_;        // a stack
};

}  // namespace pagequest::kv
