// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/sequence_kv.h"

#include <algorithm>

#include "base/check.h"

namespace pagequest::simulator {

void AuxKv::grow(std::int32_t tokens) {
  PQ_CHECK(missing_tokens() == 0 || tokens <= missing_tokens(), "lost tokens come before new ones");
  resident_ += tokens;
  tokens_ = std::max(tokens_, resident_);
}

void SequenceKv::fork() {
  PQ_CHECK(!aux_, "an episode has at most one auxiliary thread");
  aux_.emplace(page_tokens_, main_.next_position(), main_.read_tokens());
}

void SequenceKv::join() {
  aux_.reset();
  retained_pages_ = 0;
}

std::int32_t SequenceKv::evict(TokenSpan span) {
  const bool resident = main_.missing_tokens() == 0;
  const std::int32_t before = aux_ ? main_.dead_pages_before(aux_->fork_point()) : 0;
  const std::int32_t tokens = main_.evict(span);
  if (aux_ && resident) retained_pages_ += main_.dead_pages_before(aux_->fork_point()) - before;
  return tokens;
}

void SequenceKv::lose() {
  main_.lose();
  if (aux_) aux_->lose();
  retained_pages_ = 0;
}

}  // namespace pagequest::simulator
