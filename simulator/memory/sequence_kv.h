// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "simulator/memory/kv_extent.h"

namespace pagequest::simulator {

/// Own keys and values of an auxiliary thread, which starts at the fork point and shares the pages
/// before it. Its first page is a copy if the fork point lies inside a page (copy on write).
class AuxKv {
 public:
  AuxKv(std::int32_t page_tokens, std::int32_t fork_point, std::int32_t shared_read_tokens)
      : page_tokens_(page_tokens),
        fork_point_(fork_point),
        shared_read_tokens_(shared_read_tokens) {}

  void grow(std::int32_t tokens);
  void lose() { resident_ = 0; }
  [[nodiscard]] std::int32_t missing_tokens() const { return tokens_ - resident_; }
  [[nodiscard]] std::int32_t resident_tokens() const { return resident_; }
  [[nodiscard]] std::int32_t pages() const { return pages_of(resident_); }
  [[nodiscard]] std::int32_t pages_after_grow(std::int32_t tokens) const {
    return pages_of(resident_ + tokens);
  }
  /// What its attention reads: the shared pages as they were at the fork, and its own tokens.
  [[nodiscard]] std::int32_t read_tokens() const { return shared_read_tokens_ + resident_; }
  [[nodiscard]] std::int32_t fork_point() const { return fork_point_; }

 private:
  [[nodiscard]] std::int32_t pages_of(std::int32_t own) const {
    return own == 0 ? 0 : (fork_point_ % page_tokens_ + own + page_tokens_ - 1) / page_tokens_;
  }

  std::int32_t page_tokens_;
  std::int32_t fork_point_;
  std::int32_t shared_read_tokens_;
  std::int32_t tokens_ = 0;
  std::int32_t resident_ = 0;
};

/// Keys and values of one episode: its main thread and at most one auxiliary thread.
class SequenceKv {
 public:
  explicit SequenceKv(std::int32_t page_tokens) : page_tokens_(page_tokens), main_(page_tokens) {}

  [[nodiscard]] KvExtent& main() { return main_; }
  [[nodiscard]] const KvExtent& main() const { return main_; }
  [[nodiscard]] AuxKv* aux() { return aux_ ? &*aux_ : nullptr; }
  [[nodiscard]] const AuxKv* aux() const { return aux_ ? &*aux_ : nullptr; }

  void fork();
  /// Discards the auxiliary thread's own tokens and its hold on shared pages.
  void join();
  /// From the main thread. Pages that an auxiliary thread still reads stay until it joins.
  std::int32_t evict(TokenSpan span);
  /// Preemption: all keys and values go.
  void lose();

  [[nodiscard]] std::int32_t pages() const {
    return main_.pages() + (aux_ ? aux_->pages() : 0) + retained_pages_;
  }
  [[nodiscard]] std::int32_t resident_live_tokens() const {
    return main_.resident_live_tokens() + (aux_ ? aux_->resident_tokens() : 0);
  }

 private:
  std::int32_t page_tokens_;
  KvExtent main_;
  std::optional<AuxKv> aux_;
  std::int32_t retained_pages_ =
      0;  // evicted from the main thread, still read by the auxiliary one
};

}  // namespace pagequest::simulator
