// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/sequence_kv.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace pagequest::simulator {

void AuxKv::grow(std::int32_t tokens) {
  if (replay_) {
    replay_->advance(*alone_, tokens);
    if (alone_->next_position() == replay_->tokens()) replay_.reset();
    return;
  }
  if (alone_) {
    alone_->grow(tokens);
    tokens_ += tokens;
    return;
  }
  PQ_CHECK(missing_tokens() == 0 || tokens <= missing_tokens(), "lost tokens come before new ones");
  resident_ += tokens;
  tokens_ = std::max(tokens_, resident_);
}

void AuxKv::lose_with_shared(std::vector<PastEviction> evictions) {
  alone_.emplace(page_tokens_);
  replay_.emplace(std::move(evictions), fork_point_ + tokens_);
}

void SequenceKv::fork() {
  PQ_CHECK(!aux_, "an episode has at most one auxiliary thread");
  aux_.emplace(page_tokens_, main_.next_position(), main_reads());
  aux_shares_ = true;
  fork_evictions_ = evictions_.size();
}

void SequenceKv::join() {
  aux_.reset();
  retained_pages_ = 0;
  aux_shares_ = false;
}

std::int32_t SequenceKv::main_reads() const {
  if (!masked_) return main_.read_tokens();
  return main_.read_tokens() - masked_->dead_pages_before(main_.resident_end()) * page_tokens_;
}

std::int32_t SequenceKv::evict(TokenSpan span) {
  if (masked_) {
    masked_->grow(main_.next_position() - masked_->next_position());
    return masked_->evict(span);
  }
  if (remembers_) {
    evictions_.push_back({main_replay_ ? main_replay_->tokens() : main_.next_position(), span});
  }
  if (main_replay_) {
    main_replay_.emplace(evictions_, main_replay_->tokens());
    main_ = KvExtent(page_tokens_);
    return 0;
  }
  const bool shared = aux_shares_ && main_.missing_tokens() == 0;
  const std::int32_t before = shared ? main_.dead_pages_before(aux_->fork_point()) : 0;
  const std::int32_t tokens = main_.evict(span);
  if (shared) retained_pages_ += main_.dead_pages_before(aux_->fork_point()) - before;
  return tokens;
}

void SequenceKv::lose() {
  main_.lose();
  if (aux_) aux_->lose();
  retained_pages_ = 0;
}

void SequenceKv::lose(Thread thread) {
  if (thread == Thread::auxiliary) {
    const auto before_fork = evictions_.begin() + static_cast<std::ptrdiff_t>(fork_evictions_);
    aux_->lose_with_shared({evictions_.begin(), before_fork});
    retained_pages_ = 0;
  } else {
    if (aux_shares_) {
      const std::int32_t whole = std::min(aux_->fork_point(), main_.resident_end()) / page_tokens_;
      retained_pages_ += whole - main_.dead_pages_before(whole * page_tokens_);
    }
    main_replay_.emplace(evictions_, main_replay_ ? main_replay_->tokens() : main_.next_position());
    main_ = KvExtent(page_tokens_);
  }
  aux_shares_ = false;
}

std::int32_t SequenceKv::lost_tokens(Thread thread) const {
  if (thread == Thread::auxiliary) return aux_->missing_tokens();
  return main_replay_ ? main_replay_->next_tokens(main_) : main_.missing_tokens();
}

void SequenceKv::grow(Thread thread, std::int32_t tokens) {
  if (thread == Thread::auxiliary) {
    aux_->grow(tokens);
  } else if (!main_replay_) {
    main_.grow(tokens);
  } else {
    main_replay_->advance(main_, tokens);
    if (main_.next_position() == main_replay_->tokens()) main_replay_.reset();
  }
}

}  // namespace pagequest::simulator
