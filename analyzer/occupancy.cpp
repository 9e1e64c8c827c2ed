// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/occupancy.h"

#include <algorithm>
#include <cstddef>

#include "base/event_sink.h"

namespace pagequest::analyzer {
namespace {

std::size_t index(std::int32_t value) { return static_cast<std::size_t>(value); }

}  // namespace

void Occupancy::observe(const Event& event) {
  std::visit(Overloaded{[this](const EpisodeBegan&) { *this = Occupancy(page_size_); },
                        [this](const TokensFilled& filled) { fill(filled); },
                        [this](const TokensEvicted& evicted) { evict(evicted.span); },
                        [this](const AuxForked& forked) { fork(forked); },
                        [this](const AuxJoined&) { join(); }, [](const auto&) {}},
             event);
}

Occupied Occupancy::now() const {
  const std::int64_t aux_pages = aux_only_pages_ + aux_own_pages();
  return {.tokens = tokens_,
          .tokens_with_aux = tokens_ + aux_tokens_,
          .physical = pages_ * page_size_,
          .physical_with_aux = (pages_ + aux_pages) * page_size_};
}

void Occupancy::fill(const TokensFilled& filled) {
  const auto count = static_cast<std::int32_t>(filled.tokens.size());
  if (filled.thread == Thread::auxiliary) {
    aux_tokens_ += count;
  } else {
    fill_main(filled.first, count);
  }
}

void Occupancy::fill_main(std::int32_t first, std::int32_t count) {
  const auto end = index(first + count);
  if (live_.size() < end) live_.resize(end);
  live_in_page_.resize((live_.size() + index(page_size_) - 1) / index(page_size_));
  for (std::int32_t position = first; position < first + count; ++position) {
    if (live_[index(position)]) continue;
    live_[index(position)] = true;
    ++tokens_;
    if (live_in_page_[index(position / page_size_)]++ == 0) ++pages_;
  }
}

void Occupancy::evict(TokenSpan span) {
  const auto end = std::min(span.end(), static_cast<std::int32_t>(live_.size()));
  for (std::int32_t position = span.first; position < end; ++position) {
    if (!live_[index(position)]) continue;
    live_[index(position)] = false;
    --tokens_;
    const std::size_t page = index(position / page_size_);
    if (--live_in_page_[page] > 0) continue;
    --pages_;
    if (page < held_by_aux_.size() && held_by_aux_[page]) ++aux_only_pages_;
  }
}

/// The last page, if partial, isn't held: the auxiliary thread's first token moves it to a copy.
void Occupancy::fork(const AuxForked& forked) {
  join();
  fork_point_ = forked.fork_point;
  const std::size_t full_pages = index(forked.fork_point / page_size_);
  held_by_aux_.resize(std::min(full_pages, live_in_page_.size()));
  for (std::size_t page = 0; page < held_by_aux_.size(); ++page) {
    held_by_aux_[page] = live_in_page_[page] > 0;
  }
}

void Occupancy::join() {
  held_by_aux_.clear();
  aux_tokens_ = 0;
  aux_only_pages_ = 0;
}

std::int64_t Occupancy::aux_own_pages() const {
  if (aux_tokens_ == 0) return 0;
  const std::int64_t last = fork_point_ + aux_tokens_ - 1;
  return last / page_size_ - fork_point_ / page_size_ + 1;
}

}  // namespace pagequest::analyzer
