// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Batches by the rules of PageQuest's engine (engine/runtime/scheduler.cpp). Main and auxiliary
// threads are scheduled, preempted and recomputed by themselves, in the order in which they came
// in, without admission: first those that decode, then the chunks of all others. A chunk that the
// batch has no room for is passed over as a whole, unless no other is in it. A thread that finds
// too few pages starves; the first of the starved that has a victim takes its pages: the latest
// thread behind it, or the latest of all if nobody before it has input. Steps are computed one at a
// time.
#include <algorithm>
#include <ranges>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "simulator/serving/replica.h"

namespace pagequest::simulator {
namespace {

constexpr Thread kThreads[] = {Thread::main, Thread::auxiliary};

bool holds_pages(const SequenceKv& kv, Thread thread) {
  if (thread == Thread::main) return kv.main().pages() > 0;
  return kv.aux() != nullptr && (kv.aux()->pages() > 0 || kv.aux()->shares());
}

/// The page at which a fork parted is copied by the thread that writes first, so both are planned
/// with a page for it; the auxiliary thread's own is among those that it grows by.
std::int64_t copied_pages(const SequenceKv& kv, Thread thread) {
  if (thread == Thread::auxiliary || !kv.aux_shares()) return 0;
  const bool unwritten =
      kv.aux()->resident_tokens() == 0 && kv.main().resident_end() == kv.aux()->fork_point();
  return unwritten && kv.is_inside_page(kv.aux()->fork_point()) ? 1 : 0;
}

[[noreturn]] void throw_exhausted(std::int64_t session, const PageLedger& pages) {
  throw usage_error({.what = "the simulated KV pool is exhausted: no thread can go on",
                     .where = "session " + std::to_string(session),
                     .found = std::to_string(pages.total()) + " pages, " +
                              std::to_string(pages.available()) + " of them free",
                     .expected = "room for one thread alone",
                     .hint = "raise kv_pages"});
}

}  // namespace

void Replica::order_threads(std::int32_t index) {
  if (!by_threads()) return;
  Seat& own = seat(index);
  if (own.thread_orders[0] == 0) own.thread_orders[0] = ++threads_;
  const bool forked = own.request->forks() > std::exchange(own.forks, own.request->forks());
  if (forked) own.thread_orders[1] = ++threads_;
  if (own.request->kv().aux() == nullptr) own.thread_orders[1] = 0;
}

std::vector<Replica::ReadyThread> Replica::ready_threads() const {
  std::vector<ReadyThread> threads;
  for (const auto& [order, index] : active_) {
    const Seat& own = seat(index);
    for (const Thread thread : kThreads) {
      const bool waits = thread == Thread::main && own.request->blocked() != Request::Blocked::no;
      const Work work = own.request->work(thread);
      if (waits || work.tokens == 0) continue;
      const bool decodes = !work.recompute && (work.kind == StepKind::decode || work.tokens == 1);
      threads.push_back({own.thread_orders[thread_slot(thread)], index, thread, work, decodes});
    }
  }
  std::ranges::sort(threads, {}, &ReadyThread::order);
  return threads;
}

/// Fills chunks_ with what the free pages and the budget allow, whose pages are not yet taken;
/// returns who starves.
std::vector<Replica::ReadyThread> Replica::try_batch(const std::vector<ReadyThread>& threads) {
  chunks_.clear();
  std::vector<ReadyThread> starved;
  std::int64_t free = pages_.available();
  const std::int64_t most = config_.prefill_chunk > 0
                                ? std::min(config_.prefill_chunk, config_.max_batch_tokens)
                                : config_.max_batch_tokens;
  bool has_prompt = false;
  for (const bool decodes : {true, false}) {
    for (const ReadyThread& own : threads) {
      if (own.decodes != decodes) continue;
      const auto tokens =
          static_cast<std::int32_t>(decodes ? 1 : std::min<std::int64_t>(own.work.tokens, most));
      if (tokens > budget_ && (decodes || has_prompt)) continue;
      const SequenceKv& kv = seat(own.seat).request->kv();
      const std::int64_t pages = kv.pages_to_grow(own.thread, tokens);
      const std::int64_t wanted = pages + copied_pages(kv, own.thread);
      if (wanted > free) {
        starved.push_back(own);
        continue;
      }
      free -= wanted;
      budget_ -= tokens;
      has_prompt = has_prompt || !decodes;
      chunks_.push_back({own.seat, own.thread, own.work, tokens, pages});
    }
  }
  return starved;
}

void Replica::plan_threads(Nanoseconds now) {
  for (;;) {
    const std::vector<ReadyThread> threads = ready_threads();
    budget_ = config_.max_batch_tokens;
    const std::vector<ReadyThread> starved = try_batch(threads);
    if (starved.empty() || !make_room(starved, threads.front().order)) break;
  }
  std::ranges::sort(chunks_, {}, [&](const Chunk& chunk) {
    return seat(chunk.seat).thread_orders[thread_slot(chunk.thread)];
  });
  for (const Chunk& chunk : chunks_) {
    PQ_CHECK(pages_.take(chunk.pages, now), "a batch was planned for the free pages");
    seat(chunk.seat).reserved += chunk.pages;
  }
}

/// The latest thread that holds pages and has to give them to `needy`; seat -1: none.
std::pair<std::int32_t, Thread> Replica::victim_for(const ReadyThread& needy,
                                                    std::int64_t oldest) const {
  std::pair<std::int32_t, Thread> victim{-1, Thread::main};
  std::int64_t latest = needy.order == oldest ? 0 : needy.order;
  for (std::int32_t i = 0; std::cmp_less(i, seats_.size()); ++i) {
    const Seat& own = seat(i);
    if (own.request == nullptr) continue;
    for (const Thread thread : kThreads) {
      const std::int64_t order = own.thread_orders[thread_slot(thread)];
      if (order <= latest || order == needy.order) continue;
      if (!holds_pages(own.request->kv(), thread)) continue;
      latest = order;
      victim = {i, thread};
    }
  }
  return victim;
}

/// Takes the pages of one thread for the first of the starved that has a victim.
bool Replica::make_room(const std::vector<ReadyThread>& starved, std::int64_t oldest) {
  for (const ReadyThread& needy : starved) {
    const auto [index, thread] = victim_for(needy, oldest);
    if (index < 0) continue;
    preempt_thread(index, thread);
    return true;
  }
  const auto lost = std::ranges::find(starved, oldest, &ReadyThread::order);
  if (lost != starved.end()) throw_exhausted(seat(lost->seat).request->index(), pages_);
  return false;
}

void Replica::preempt_thread(std::int32_t index, Thread thread) {
  seat(index).request->lose_kv(thread);
  settle(index);
  ++counters_.preemptions;
}

}  // namespace pagequest::simulator
