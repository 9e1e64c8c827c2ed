// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/replica.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace pagequest::simulator {
namespace {

constexpr std::int32_t thread_id(std::int32_t seat, Thread thread) {
  return 2 * seat + static_cast<std::int32_t>(thread_slot(thread));
}

}  // namespace

Replica::Replica(std::int32_t id, const StepCost& cost, PageLedger pages, TierChain* tiers,
                 const ReuseOracle* oracle, CompletionListener& listener,
                 const SimulationConfig& config)
    : id_(id),
      cost_(cost),
      config_(config),
      pages_(std::move(pages)),
      tiers_(tiers),
      oracle_(oracle),
      listener_(&listener),
      watermark_(static_cast<std::int64_t>(
          std::ceil(config.watermark * static_cast<double>(pages_.total())))),
      decodes_(config.page_tokens, cost.window()) {}

bool Replica::submit(Request& request, std::int64_t turn, bool has_kv) {
  if (!has_kv && config_.max_queue > 0 &&
      std::cmp_greater_equal(waiting_.size(), config_.max_queue)) {
    return false;
  }
  const std::int32_t index = take_seat(request);
  seat(index).turn = turn;
  seat(index).has_kv = has_kv;
  if (by_threads()) {
    seat(index).resident = true;
    seat(index).admitted = ++admissions_;
    order_threads(index);
    request.schedule_by_threads();
  }
  place(index);
  return true;
}

void Replica::resume(Request& request, std::int64_t turn) {
  const std::int32_t index = request.seat();
  seat(index).turn = turn;
  seat(index).turn_decoded = 0;
  order_threads(index);
  settle(index);
  place(index);
}

void Replica::update(Request& request, Nanoseconds now) {
  PQ_CHECK(!busy(), "the decode batch does not change under way");
  const std::int32_t index = request.seat();
  Seat& own = seat(index);
  collect_decoded(index);
  order_threads(index);
  release_dead(index, now);
  const bool idles = !request.has_work() && own.reserved == 0 && own.resident;
  if (idles && config_.idle_kv != IdleKv::keep) {
    if (config_.idle_kv == IdleKv::cache) publish(index, now);
    evacuate(index, now);
  }
  settle(index);
  place(index);
}

void Replica::remove(Request& request, Nanoseconds now) {
  const std::int32_t index = request.seat();
  Seat& own = seat(index);
  PQ_CHECK(!busy() || !own.resident, "nothing leaves a batch under way");
  if (own.resident) {
    collect_decoded(index);
    publish(index, now);
    evacuate(index, now);
  }
  settle(index);
  move_to(index, Place::nowhere);
  own = {};
  request.set_seat(-1);
  free_seats_.push_back(index);
}

std::int32_t Replica::take_seat(Request& request) {
  PQ_CHECK(request.seat() < 0, "a request is on one server at a time");
  if (free_seats_.empty()) {
    free_seats_.push_back(static_cast<std::int32_t>(seats_.size()));
    seats_.emplace_back();
  }
  const std::int32_t index = free_seats_.back();
  free_seats_.pop_back();
  seat(index).request = &request;
  request.set_seat(index);
  return index;
}

void Replica::place(std::int32_t index) {
  const Seat& own = seat(index);
  Place target = Place::nowhere;
  if (own.place == Place::fetching) {
    target = Place::fetching;
  } else if (own.request->has_work()) {
    target = own.resident ? Place::active : Place::waiting;
  } else if (own.request->blocked() != Request::Blocked::ended) {
    target = own.resident ? Place::idle : Place::absent;
  }
  move_to(index, target);
  if (target != Place::active) return;
  track_prefill(index);
  joining_.push_back(index);
}

void Replica::move_to(std::int32_t index, Place target) {
  Seat& own = seat(index);
  if (own.place == Place::waiting) waiting_.erase(own.wait_key);
  if (own.place == Place::active && target != Place::active) {
    active_.erase({own.admitted, index});
    prefilling_.erase({own.admitted, index});
  }
  if (own.place == Place::idle) idle_.erase({own.admitted, index});
  absent_ += (target == Place::absent ? 1 : 0) - (own.place == Place::absent ? 1 : 0);
  fetching_ += (target == Place::fetching ? 1 : 0) - (own.place == Place::fetching ? 1 : 0);
  own.place = target;
  if (target == Place::waiting) {
    own.wait_key = wait_key(index);
    waiting_.insert(own.wait_key);
  }
  if (target == Place::active) active_.insert({own.admitted, index});
  if (target == Place::idle) idle_.insert({own.admitted, index});
}

Replica::WaitKey Replica::wait_key(std::int32_t index) const {
  const Seat& own = seat(index);
  std::int64_t first = 0;
  switch (config_.order) {
    case WaitOrder::fcfs:
      break;
    case WaitOrder::shortest:
      first = own.request->input_tokens();
      break;
    case WaitOrder::priority:
      first = own.request->session().priority;
      break;
    case WaitOrder::session:
      first = own.request->turns() > 1 ? 0 : 1;
      break;
  }
  return {first, {own.turn, index}};
}

bool Replica::prefills(std::int32_t index) const {
  const Request& request = *seat(index).request;
  for (const Thread thread : {Thread::main, Thread::auxiliary}) {
    const Work work = request.work(thread);
    if (work.tokens > 0 && work.kind == StepKind::prefill) return true;
  }
  return false;
}

void Replica::track_prefill(std::int32_t index) {
  const Key key{seat(index).admitted, index};
  if (prefills(index)) {
    prefilling_.insert(key);
  } else {
    prefilling_.erase(key);
  }
}

/// Threads that decode from the next iteration on.
void Replica::join_waiting_threads() {
  for (const std::int32_t index : joining_) {
    if (seat(index).place != Place::active) continue;
    for (const Thread thread : {Thread::main, Thread::auxiliary}) join_decoding(index, thread);
  }
  joining_.clear();
}

void Replica::join_decoding(std::int32_t index, Thread thread) {
  if (by_threads()) return;
  const Request& request = *seat(index).request;
  const Work work = request.work(thread);
  const std::int32_t id = thread_id(index, thread);
  if (work.tokens == 0 || work.kind != StepKind::decode || decodes_.contains(id)) return;
  const SequenceKv& kv = request.kv();
  if (thread == Thread::main) {
    decodes_.join(id, kv.read_tokens(thread) + 1, kv.main().next_position(), work.tokens);
  } else {
    decodes_.join(id, kv.read_tokens(thread) + 1,
                  kv.aux()->fork_point() + kv.aux()->resident_tokens(), work.tokens);
  }
  ++decoding_[thread_slot(thread)];
}

/// The steps that the request's threads have taken become tokens, and the threads leave the batch.
void Replica::collect_decoded(std::int32_t index) {
  Seat& own = seat(index);
  // The auxiliary thread first: the end of the main thread's operation may end it.
  for (const Thread thread : {Thread::auxiliary, Thread::main}) {
    const std::int32_t id = thread_id(index, thread);
    if (!decodes_.contains(id)) continue;
    const auto steps = static_cast<std::int32_t>(decodes_.leave(id));
    --decoding_[thread_slot(thread)];
    if (steps == 0) continue;
    own.private_pages += own.request->kv().pages_to_grow(thread, steps);
    own.tokens += steps;
    if (thread == Thread::main) own.turn_decoded += steps;
    complete(index, thread, {StepKind::decode, steps, false}, steps);
  }
}

void Replica::complete(std::int32_t index, Thread thread, const Work& work, std::int32_t tokens) {
  Request& request = *seat(index).request;
  const bool ended = request.complete(thread, work, tokens);
  if (ended) moved_.push_back(&request);
  listener_->completed({&request, thread, work.kind, tokens, work.recompute, ended});
}

std::vector<std::pair<TransferId, Request*>> Replica::take_fetches() {
  return std::exchange(fetches_, {});
}

void Replica::check_invariants() const {
  std::int64_t held = 0;
  std::int64_t tokens = 0;
  for (const Seat& own : seats_) {
    if (own.request == nullptr) continue;
    const SequenceKv& kv = own.request->kv();
    PQ_CHECK(own.resident || own.private_pages + own.reserved == 0,
             "a request without pages is not resident");
    PQ_CHECK(own.private_pages + static_cast<std::int64_t>(own.refs.size()) == kv.pages(),
             "a request holds what its tokens need");
    held += own.private_pages + own.reserved;
    tokens += own.tokens;
  }
  PQ_CHECK(decodes_.size() > 0 || held == pages_.private_pages(),
           "pages held by requests are the pages used");
  PQ_CHECK(decodes_.size() > 0 || tokens == resident_tokens_,
           "live tokens of requests are the tokens resident");
}

}  // namespace pagequest::simulator
