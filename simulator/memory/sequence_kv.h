// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "simulator/memory/kv_extent.h"
#include "simulator/memory/kv_replay.h"

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
  /// What it shared is lost to it as well, and is recomputed on pages of its own. `evictions`: the
  /// main thread's before the fork.
  void lose_with_shared(std::vector<PastEviction> evictions);
  /// Tokens to recompute before new ones; after lose_with_shared() up to the next eviction.
  [[nodiscard]] std::int32_t missing_tokens() const {
    if (alone_) return replay_ ? replay_->next_tokens(*alone_) : 0;
    return tokens_ - resident_;
  }
  [[nodiscard]] std::int32_t resident_tokens() const {
    return alone_ ? alone_->resident_live_tokens() : resident_;
  }
  [[nodiscard]] std::int32_t pages() const {
    return alone_ ? alone_->pages() : pages_of(resident_);
  }
  [[nodiscard]] std::int32_t pages_after_grow(std::int32_t tokens) const {
    return alone_ ? alone_->pages_after_grow(tokens) : pages_of(resident_ + tokens);
  }
  /// What its attention reads: the shared pages as they were at the fork, and its own tokens.
  [[nodiscard]] std::int32_t read_tokens() const {
    return alone_ ? alone_->read_tokens() : shared_read_tokens_ + resident_;
  }
  /// Whether it still has what it shared at the fork.
  [[nodiscard]] bool shares() const { return !alone_ && fork_point_ > 0; }
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
  std::optional<KvExtent> alone_;   // all that it reads, once it has lost what it shared
  std::optional<KvReplay> replay_;  // until that is recomputed
};

/// Keys and values of one episode: its main thread and at most one auxiliary thread.
class SequenceKv {
 public:
  /// `dead_slots`: evicted tokens stay in their pages, masked, which are not read once all of their
  /// tokens are dead. Nothing becomes free, and the sequence stays without holes (IntentKV).
  explicit SequenceKv(std::int32_t page_tokens, bool dead_slots = false)
      : page_tokens_(page_tokens), main_(page_tokens) {
    if (dead_slots) masked_.emplace(page_tokens);
  }

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
  /// From here on evictions are remembered, as lose(Thread) needs it.
  void remember_evictions() { remembers_ = true; }
  /// Preemption of one thread, whose history is recomputed. What both share stays with the other.
  void lose(Thread thread);
  /// Tokens that the thread recomputes next: all, or up to an eviction of its history.
  [[nodiscard]] std::int32_t lost_tokens(Thread thread) const;
  /// The thread's next `tokens` get keys and values.
  void grow(Thread thread, std::int32_t tokens);
  /// Whether the auxiliary thread reads pages that the main thread holds, or has to recompute.
  [[nodiscard]] bool aux_shares() const { return aux_shares_; }

  /// Pages that `tokens` more of the thread need.
  [[nodiscard]] std::int32_t pages_to_grow(Thread thread, std::int32_t tokens) const {
    return thread == Thread::main ? main_.pages_after_grow(tokens) - main_.pages()
                                  : aux_->pages_after_grow(tokens) - aux_->pages();
  }
  [[nodiscard]] bool is_inside_page(std::int32_t position) const {
    return position % page_tokens_ != 0;
  }
  [[nodiscard]] std::int32_t read_tokens(Thread thread) const {
    return thread == Thread::main ? main_reads() : aux_->read_tokens();
  }

  [[nodiscard]] std::int32_t pages() const {
    return main_.pages() + (aux_ ? aux_->pages() : 0) + retained_pages_;
  }
  [[nodiscard]] std::int32_t resident_live_tokens() const {
    return main_.resident_live_tokens() + (aux_ ? aux_->resident_tokens() : 0);
  }

 private:
  [[nodiscard]] std::int32_t main_reads() const;

  std::int32_t page_tokens_;
  KvExtent main_;
  std::optional<KvExtent> masked_;  // the main thread's positions with those evicted as holes
  std::optional<AuxKv> aux_;
  // No longer the main thread's, still read by the auxiliary one.
  std::int32_t retained_pages_ = 0;
  bool aux_shares_ = false;
  bool remembers_ = false;
  std::vector<PastEviction> evictions_;  // of the main thread, if remembered
  std::size_t fork_evictions_ = 0;       // of them, before the auxiliary thread was forked
  std::optional<KvReplay> main_replay_;  // while the main thread recomputes its history
};

}  // namespace pagequest::simulator
