// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/kv_extent.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace pagequest::simulator {
namespace {

std::int32_t whole_pages(std::int32_t first, std::int32_t end, std::int32_t page_tokens) {
  const std::int32_t first_page = (first + page_tokens - 1) / page_tokens;
  return std::max(0, end / page_tokens - first_page);
}

}  // namespace

void KvExtent::grow(std::int32_t tokens) {
  if (missing_tokens() == 0) {
    next_ += tokens;
    resident_ = next_;
  } else {
    resident_ = position_after(tokens);
  }
}

std::int32_t KvExtent::pages_after_grow(std::int32_t tokens) const {
  const std::int32_t missing = missing_tokens();
  if (tokens < missing) return pages_of(position_after(tokens));
  return (next_ + tokens - missing + page_tokens_ - 1) / page_tokens_ - dead_pages_;
}

std::int32_t KvExtent::evict(TokenSpan span) {
  PQ_CHECK(span.first >= 0 && span.count >= 0 && span.end() <= next_, "only filled tokens go");
  const std::int32_t live = live_between(span.first, span.end());
  if (live == 0) return 0;
  merge({span.first, span.end()});
  dead_tokens_ += live;
  dead_pages_ = dead_pages_before(next_);
  return live;
}

/// Joins a hole with those that it overlaps or touches.
void KvExtent::merge(Hole hole) {
  const auto first = std::find_if(holes_.begin(), holes_.end(),
                                  [&](const Hole& other) { return other.end >= hole.first; });
  auto last = first;
  for (; last != holes_.end() && last->first <= hole.end; ++last) {
    hole = {std::min(hole.first, last->first), std::max(hole.end, last->end)};
  }
  holes_.insert(holes_.erase(first, last), hole);
}

std::int32_t KvExtent::dead_pages_before(std::int32_t position) const {
  std::int32_t pages = 0;
  for (const Hole& hole : holes_) {
    pages += whole_pages(hole.first, std::min(hole.end, position), page_tokens_);
  }
  return pages;
}

bool KvExtent::is_dead_page(std::int32_t page) const {
  const std::int32_t first = page * page_tokens_;
  return std::any_of(holes_.begin(), holes_.end(), [&](const Hole& hole) {
    return hole.first <= first && first + page_tokens_ <= hole.end;
  });
}

std::int32_t KvExtent::pages_of(std::int32_t resident) const {
  const std::int32_t touched = (resident + page_tokens_ - 1) / page_tokens_;
  return touched - (resident == next_ ? dead_pages_ : dead_pages_before(resident));
}

std::int32_t KvExtent::live_between(std::int32_t first, std::int32_t end) const {
  std::int32_t live = end - first;
  for (const Hole& hole : holes_) {
    live -= std::max(0, std::min(hole.end, end) - std::max(hole.first, first));
  }
  return live;
}

/// Where recomputing `tokens` more live tokens gets to.
std::int32_t KvExtent::position_after(std::int32_t tokens) const {
  const std::int32_t missing = missing_tokens();
  PQ_CHECK(tokens <= missing, "lost tokens are recomputed before new ones come");
  if (tokens == missing) return next_;
  std::int32_t position = resident_;
  for (const Hole& hole : holes_) {
    if (hole.end <= position) continue;
    const std::int32_t run = std::max(0, hole.first - position);
    if (tokens <= run) break;
    tokens -= run;
    position = hole.end;
  }
  return position + tokens;
}

}  // namespace pagequest::simulator
