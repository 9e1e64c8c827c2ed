// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What the requests of a replica hold: private pages, and blocks of the prefix cache.
#include <algorithm>

#include "base/check.h"
#include "base/rng.h"
#include "simulator/serving/replica.h"

namespace pagequest::simulator {

/// Gives back what the request's keys and values no longer need.
void Replica::settle(std::int32_t index) {
  Seat& own = seat(index);
  const SequenceKv& kv = own.request->kv();
  const std::int64_t pages = kv.pages() - static_cast<std::int64_t>(own.refs.size());
  PQ_CHECK(pages <= own.private_pages, "pages are taken before tokens come");
  pages_.give_back(own.private_pages - pages);
  own.private_pages = pages;
  settle_tokens(index);
}

/// Tokens that came without a chunk: reused, or landed.
void Replica::settle_tokens(std::int32_t index) {
  Seat& own = seat(index);
  const std::int64_t tokens = own.request->kv().resident_live_tokens();
  resident_tokens_ += tokens - own.tokens;
  own.tokens = tokens;
}

/// Leading pages of the sequence whose content has a name. A hole changes what comes behind it, and
/// so ends the chain.
std::int32_t Replica::known_pages(const Seat& own) const {
  const KvExtent& kv = own.request->kv().main();
  const auto prompt = static_cast<std::int32_t>(own.request->prompt_blocks().size());
  const bool names_all = config_.idle_kv == IdleKv::cache;
  const std::int32_t named = names_all ? kv.next_position() / config_.page_tokens : prompt;
  const bool broken = kv.live_tokens() < kv.next_position();
  return broken ? std::min(named, kv.unbroken_tokens() / config_.page_tokens) : named;
}

BlockId Replica::block_id(const Seat& own, std::int32_t page) const {
  const auto prompt = own.request->prompt_blocks();
  if (std::cmp_less(page, prompt.size())) return prompt[static_cast<std::size_t>(page)];
  return mix64(mix64(static_cast<std::uint64_t>(own.request->index()) + 1) ^
               static_cast<std::uint64_t>(page));
}

BlockTouch Replica::touch(const Seat& own, std::int32_t page, Nanoseconds now) const {
  const std::int64_t session = own.request->index();
  return {.now = now,
          .session = session,
          .session_continues = own.request->has_later_turns(),
          .parent = page > 0 ? block_id(own, page - 1) : 0,
          .next_use = oracle_ ? oracle_->next_use(block_id(own, page), session) : -1};
}

/// Full pages whose content is known can be found by others.
void Replica::publish(std::int32_t index, Nanoseconds now) {
  if (pages_.cache() == nullptr || by_threads()) return;
  Seat& own = seat(index);
  const KvExtent& kv = own.request->kv().main();
  const std::int32_t full = kv.resident_end() / config_.page_tokens;
  const std::int32_t known = std::min(known_pages(own), full);
  for (; own.looked_at < known; ++own.looked_at) {
    if (!pages_.publish(block_id(own, own.looked_at), touch(own, own.looked_at, now))) continue;
    own.refs.push_back(own.looked_at);
    --own.private_pages;
  }
}

/// Blocks in which no token is live any more go back, unless an auxiliary thread still reads them.
void Replica::release_dead(std::int32_t index, Nanoseconds now) {
  Seat& own = seat(index);
  const SequenceKv& kv = own.request->kv();
  if (own.refs.empty() || kv.aux() != nullptr) return;
  if (kv.main().live_tokens() == kv.main().next_position()) return;
  std::erase_if(own.refs, [&](std::int32_t page) {
    if (!kv.main().is_dead_page(page)) return false;
    pages_.release(block_id(own, page), touch(own, page, now));
    return true;
  });
}

/// The last blocks first: without those before them they are of no use.
void Replica::release_all(std::int32_t index, Nanoseconds now) {
  Seat& own = seat(index);
  for (auto page = own.refs.rbegin(); page != own.refs.rend(); ++page) {
    pages_.release(block_id(own, *page), touch(own, *page, now));
  }
  own.refs.clear();
  own.looked_at = 0;
}

void Replica::evacuate(std::int32_t index, Nanoseconds now) {
  release_all(index, now);
  seat(index).request->lose_kv();
  seat(index).resident = false;
  settle(index);
}

/// Leading pages that can be taken over instead of computed; a token is left to compute where the
/// sequence's input is new.
std::int32_t Replica::reusable_pages(const Seat& own) const {
  const Request& request = *own.request;
  const bool nothing_yet = request.kv().main().pages() == 0 && own.refs.empty();
  if (pages_.cache() == nullptr || !nothing_yet) return 0;
  const std::int32_t lost = request.kv().main().missing_tokens();
  const bool has_input = request.input_tokens() > lost;
  const std::int32_t most = (request.input_tokens() - (has_input ? 1 : 0)) / config_.page_tokens;
  return std::min(known_pages(own), most);
}

Replica::Found Replica::look_up(const Seat& own) const {
  Found found;
  found.looked_up = reusable_pages(own);
  std::int32_t page = 0;
  for (; page < found.looked_up; ++page) {
    const BlockId id = block_id(own, page);
    if (!pages_.cache()->contains(id)) break;
    found.evictable += pages_.cache()->held(id) ? 0 : 1;
  }
  found.cached = page;
  if (tiers_ == nullptr || page == found.looked_up) return found;
  for (; page < found.looked_up; ++page) found.below.push_back(block_id(own, page));
  found.below.resize(static_cast<std::size_t>(tiers_->match(id_, found.below)));
  return found;
}

void Replica::take_over(std::int32_t index, std::int32_t pages, Nanoseconds now) {
  Seat& own = seat(index);
  if (pages == 0) return;
  for (std::int32_t page = 0; page < pages; ++page) {
    pages_.hold(block_id(own, page), touch(own, page, now));
    own.refs.push_back(page);
  }
  own.looked_at = pages;
  own.request->reuse(pages * config_.page_tokens);
  counters_.hit_blocks += pages;
  counters_.reused_tokens += static_cast<std::int64_t>(pages) * config_.page_tokens;
}

void Replica::begin_fetch(std::int32_t index, const std::vector<BlockId>& ids, Nanoseconds now) {
  Seat& own = seat(index);
  own.fetching = static_cast<std::int32_t>(ids.size());
  const auto first = static_cast<std::int32_t>(own.refs.size());
  fetches_.emplace_back(tiers_->fetch(id_, ids, touch(own, first, now)), own.request);
  counters_.tier_hit_blocks += own.fetching;
}

void Replica::fetched(Request& request, Nanoseconds now) {
  const std::int32_t index = request.seat();
  Seat& own = seat(index);
  request.reuse(own.fetching * config_.page_tokens);
  counters_.fetched_tokens += static_cast<std::int64_t>(own.fetching) * config_.page_tokens;
  own.private_pages += own.fetching;
  own.reserved -= own.fetching;
  own.fetching = 0;
  publish(index, now);
  settle(index);
  move_to(index, Place::nowhere);
  place(index);
}

std::optional<TransferId> Replica::prefetch(std::span<const BlockId> ids, const BlockTouch& touch) {
  Prefetched wanted{.ids = {}, .touch = touch};
  for (const BlockId& id : ids) {
    const bool is_below = tiers_->match(id_, std::span(&id, 1)) == 1;
    if (is_below && !pages_.cache()->contains(id)) wanted.ids.push_back(id);
  }
  if (wanted.ids.empty()) return std::nullopt;
  const TransferId transfer = tiers_->fetch(id_, wanted.ids, touch);
  prefetches_.emplace(transfer, std::move(wanted));
  return transfer;
}

void Replica::prefetched(TransferId transfer, Nanoseconds now) {
  auto arrived = prefetches_.extract(transfer);
  arrived.mapped().touch.now = now;
  prefetched_.push_back(std::move(arrived.mapped()));
}

void Replica::land_prefetched(Nanoseconds now) {
  for (Prefetched& arrived : prefetched_) {
    for (const BlockId id : arrived.ids) {
      if (pages_.cache()->contains(id)) continue;
      if (!pages_.take(1, now)) break;
      pages_.publish(id, arrived.touch);
      pages_.release(id, arrived.touch);
      ++counters_.prefetched_blocks;
    }
  }
  prefetched_.clear();
}

std::int64_t Replica::cached_prefix(std::span<const BlockId> ids) const {
  return pages_.cache() != nullptr ? pages_.cache()->match(ids) : 0;
}

}  // namespace pagequest::simulator
