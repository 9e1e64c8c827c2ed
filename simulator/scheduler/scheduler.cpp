// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/scheduler/scheduler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace pagequest::simulator {

Scheduler::Scheduler(std::int64_t pages, std::int64_t window, const SimulationConfig& config)
    : config_(config), window_(window), pool_(pages) {}

Scheduler::Slot& Scheduler::slot(std::int32_t id) {
  const auto index = static_cast<std::size_t>(id);
  if (index >= slots_.size()) slots_.resize(index + 1);
  return slots_[index];
}

void Scheduler::update(Request& request) {
  Slot& own = slot(request.id());
  own.request = &request;
  const bool drops = config_.idle_kv == IdleKv::drop && !request.has_work() && own.reserved == 0;
  if (drops && own.resident) evacuate(own);
  settle(own);
  place(own);
}

/// Gives back what the request's keys and values no longer need.
void Scheduler::settle(Slot& own) {
  const SequenceKv& kv = own.request->kv();
  const std::int32_t held = own.kv_pages + own.reserved;
  if (own.request->blocked() == Request::Blocked::ended) own.request->lose_kv();
  own.kv_pages = kv.pages();
  pool_.give_back(held - own.kv_pages - own.reserved);
  const std::int32_t tokens = kv.resident_live_tokens();
  resident_tokens_ += tokens - own.tokens;
  own.tokens = tokens;
}

std::vector<std::int32_t>* Scheduler::list(Place place) {
  switch (place) {
    case Place::waiting:
      return &waiting_;
    case Place::active:
      return &active_;
    case Place::idle:
      return &idle_;
    default:
      return nullptr;
  }
}

void Scheduler::place(Slot& own) {
  Place target = Place::nowhere;
  if (own.request->has_work()) {
    target = own.resident ? Place::active : Place::waiting;
  } else if (own.request->blocked() == Request::Blocked::tool) {
    target = own.resident ? Place::idle : Place::absent;
  }
  if (target == own.place) return;
  const std::int32_t id = own.request->id();
  if (auto* from = list(own.place)) from->erase(std::lower_bound(from->begin(), from->end(), id));
  if (auto* to = list(target)) to->insert(std::lower_bound(to->begin(), to->end(), id), id);
  absent_ += (target == Place::absent ? 1 : 0) - (own.place == Place::absent ? 1 : 0);
  own.place = target;
}

Batch Scheduler::next_batch() {
  Batch batch;
  batch.entries.reserve(active_.size() + 1);
  budget_ = config_.max_batch_tokens;
  preempted_ = false;
  decode_pass(batch);
  prefill_pass(batch);
  // After a preemption the pool is short: nobody new comes in.
  if (!preempted_) admit(batch);
  measure(batch);
  return batch;
}

void Scheduler::decode_pass(Batch& batch) {
  for (std::size_t i = 0; i < active_.size(); ++i) {
    Slot& own = slots_[static_cast<std::size_t>(active_[i])];
    for (const Thread thread : {Thread::main, Thread::auxiliary}) {
      if (thread == Thread::auxiliary && !own.request->aux_running()) continue;
      if (own.request->work(thread).kind == StepKind::decode && !add(batch, own, thread, 1)) break;
    }
    // A preemption removed this request or later ones: the index stays valid.
    if (own.place != Place::active) --i;
  }
}

void Scheduler::prefill_pass(Batch& batch) {
  for (std::size_t i = 0; i < active_.size() && budget_ > 0; ++i) {
    Slot& own = slots_[static_cast<std::size_t>(active_[i])];
    for (const Thread thread : {Thread::main, Thread::auxiliary}) {
      const Work work = own.request->work(thread);
      if (work.tokens == 0 || work.kind != StepKind::prefill) continue;
      if (!add(batch, own, thread, work.tokens)) break;
    }
    if (own.place != Place::active) --i;
  }
}

void Scheduler::admit(Batch& batch) {
  const auto watermark =
      static_cast<std::int64_t>(std::ceil(config_.watermark * static_cast<double>(pool_.total())));
  while (!waiting_.empty() && has_room(batch)) {
    Slot& own = slots_[static_cast<std::size_t>(waiting_.front())];
    Thread thread = Thread::main;
    if (own.request->work(thread).tokens == 0) thread = Thread::auxiliary;
    const Work work = own.request->work(thread);
    // With an empty pool the watermark protects nobody, and the first one must come in.
    const std::int64_t reserve = pool_.used() == 0 ? 0 : watermark + promised_pages();
    if (pages_to_admit(*own.request) + reserve > pool_.free()) return;
    own.resident = true;
    place(own);
    if (!add(batch, own, thread, work.tokens)) return;
  }
}

std::int32_t Scheduler::pages_to_admit(const Request& request) const {
  const std::int32_t tokens = request.input_tokens();
  const bool whole = config_.admission == Admission::input;
  return request.kv().main().pages_after_grow(whole ? tokens : std::min(tokens, budget_));
}

/// Pages that admitted requests still need for their input.
std::int64_t Scheduler::promised_pages() const {
  if (config_.admission == Admission::chunk) return 0;
  std::int64_t promised = 0;
  for (const std::int32_t id : active_) {
    const Slot& own = slots_[static_cast<std::size_t>(id)];
    const KvExtent& kv = own.request->kv().main();
    const std::int32_t missing = kv.pages_after_grow(own.request->input_tokens()) - kv.pages();
    promised += std::max(0, missing - own.reserved);
  }
  return promised;
}

bool Scheduler::has_room(const Batch& batch) const {
  return budget_ > 0 && std::cmp_less(batch.entries.size(), config_.max_batch_sequences);
}

/// Puts a thread's next tokens into the batch. False if the request was preempted for lack of
/// pages, or if the batch is full.
bool Scheduler::add(Batch& batch, Slot& own, Thread thread, std::int32_t limit) {
  if (!has_room(batch)) return false;
  const Work work = own.request->work(thread);
  const std::int32_t tokens = std::min({work.tokens, limit, budget_});
  const SequenceKv& kv = own.request->kv();
  const std::int32_t pages = thread == Thread::main
                                 ? kv.main().pages_after_grow(tokens) - kv.main().pages()
                                 : kv.aux()->pages_after_grow(tokens) - kv.aux()->pages();
  if (!reserve(batch, own, pages)) return false;
  own.reserved += pages;
  budget_ -= tokens;
  batch.entries.push_back({own.request, thread, work, tokens, pages});
  return true;
}

bool Scheduler::reserve(Batch& batch, Slot& requester, std::int32_t pages) {
  while (!pool_.take(pages)) {
    Slot& loser = slots_[static_cast<std::size_t>(victim())];
    preempt(batch, loser);
    if (&loser == &requester) return false;
  }
  return true;
}

std::int32_t Scheduler::victim() const {
  PQ_CHECK(!active_.empty() || !idle_.empty(), "an exhausted pool has a resident request");
  if (idle_.empty()) return active_.back();
  if (active_.empty() || config_.preemption == PreemptionOrder::idle_first) return idle_.back();
  return std::max(active_.back(), idle_.back());
}

void Scheduler::preempt(Batch& batch, Slot& loser) {
  std::erase_if(batch.entries, [&](const BatchEntry& entry) {
    if (entry.request != loser.request) return false;
    budget_ += entry.tokens;
    return true;
  });
  pool_.give_back(loser.reserved);
  loser.reserved = 0;
  evacuate(loser);
  settle(loser);
  place(loser);
  ++preemptions_;
  preempted_ = true;
}

void Scheduler::evacuate(Slot& own) {
  own.request->lose_kv();
  own.resident = false;
}

bool Scheduler::complete(const BatchEntry& entry, bool& operation_ended) {
  Slot& own = slot(entry.request->id());
  operation_ended = false;
  const bool alive =
      entry.thread == Thread::main ? own.place == Place::active : entry.request->aux_running();
  if (alive) {
    operation_ended = entry.request->complete(entry.thread, entry.work, entry.tokens);
    own.kv_pages += entry.pages;
  } else {
    pool_.give_back(entry.pages);
  }
  own.reserved -= entry.pages;
  if (alive && !operation_ended && entry.work.kind == StepKind::decode) {
    // The common case: nothing but one more token.
    own.tokens += entry.tokens;
    resident_tokens_ += entry.tokens;
    return true;
  }
  update(*entry.request);
  return alive;
}

void Scheduler::measure(Batch& batch) const {
  for (const BatchEntry& entry : batch.entries) {
    const SequenceKv& kv = entry.request->kv();
    const std::int32_t context =
        entry.thread == Thread::main ? kv.main().read_tokens() : kv.aux()->read_tokens();
    if (entry.work.kind == StepKind::decode) {
      batch.shape.add_decode(context + 1, window_);
    } else {
      const bool samples =
          !entry.work.recompute && entry.request->finishes(entry.thread, entry.tokens);
      batch.shape.add_prefill(entry.tokens, context, window_, samples);
    }
  }
}

void Scheduler::check_invariants() const {
  std::int64_t held = 0;
  std::int64_t tokens = 0;
  // Requests on no list hold nothing, or else the sums don't match.
  for (const auto* ids : {&active_, &waiting_, &idle_}) {
    for (const std::int32_t id : *ids) {
      const Slot& own = slots_[static_cast<std::size_t>(id)];
      const SequenceKv& kv = own.request->kv();
      PQ_CHECK(own.kv_pages == kv.pages(), "a request holds what its tokens need");
      PQ_CHECK(own.tokens == kv.resident_live_tokens(), "live tokens are counted");
      PQ_CHECK(own.resident || own.kv_pages == 0, "a request without pages is not resident");
      held += own.kv_pages + own.reserved;
      tokens += own.tokens;
    }
  }
  PQ_CHECK(held == pool_.used(), "pages held by requests are the pages used");
  PQ_CHECK(tokens == resident_tokens_, "live tokens of requests are the tokens resident");
}

}  // namespace pagequest::simulator
