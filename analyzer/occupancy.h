// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"

namespace pagequest::analyzer {

/// What one episode holds at a moment. Logical: tokens whose keys and values are kept. Physical:
/// tokens' worth of pages that can't be freed because at least one live token is in them.
struct Occupied {
  std::int64_t tokens = 0;             // live tokens of the main thread
  std::int64_t tokens_with_aux = 0;    // and the auxiliary thread's own
  std::int64_t physical = 0;           // main thread's pages x page size
  std::int64_t physical_with_aux = 0;  // and the pages that only the auxiliary thread holds
};

/// Follows the occupancy of one episode through its events. An auxiliary thread shares the pages
/// that were live at its fork and holds them until it ends, even those that the main thread drops
/// meanwhile; its own tokens lie in pages of its own, the copy of the last partial page included.
class Occupancy {
 public:
  explicit Occupancy(std::int32_t page_size) : page_size_(page_size) {}

  void observe(const Event& event);
  [[nodiscard]] Occupied now() const;

 private:
  void fill(const TokensFilled& filled);
  void fill_main(std::int32_t first, std::int32_t count);
  void evict(TokenSpan span);
  void fork(const AuxForked& forked);
  void join();
  [[nodiscard]] std::int64_t aux_own_pages() const;

  std::int32_t page_size_;
  std::vector<bool> live_;                  // by position, main thread
  std::vector<std::int32_t> live_in_page_;  // live tokens by page
  std::vector<bool> held_by_aux_;           // by page: full pages shared at the fork
  std::int64_t tokens_ = 0;
  std::int64_t pages_ = 0;
  std::int64_t aux_tokens_ = 0;
  std::int64_t aux_only_pages_ = 0;  // shared pages that the main thread has dropped since
  std::int32_t fork_point_ = 0;
};

}  // namespace pagequest::analyzer
