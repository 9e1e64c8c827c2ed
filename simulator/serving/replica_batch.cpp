// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// How a replica forms its batches, and what becomes of them.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "simulator/serving/replica.h"

namespace pagequest::simulator {
namespace {

constexpr std::int64_t kLongestRun = 1 << 20;

}  // namespace

std::optional<Nanoseconds> Replica::start(Nanoseconds now) {
  PQ_CHECK(!busy(), "one batch at a time");
  land_prefetched(now);
  do {
    join_waiting_threads();
    plan(now);
  } while (chunks_.empty() && !decodes_step_ && !joining_.empty());
  if (chunks_.empty() && !decodes_step_) return std::nullopt;
  if (now != last_end_) fraction_ = 0;
  began_ = now;
  batch_threads_ =
      static_cast<std::int64_t>(chunks_.size()) + (decodes_step_ ? decodes_.size() : 0);
  if (chunks_.empty()) {
    line_ = cost_.decode_line(decodes_.shape());
    steps_ = run_length(line_);
    duration_ = decodes_.time_of(steps_, line_);
  } else {
    steps_ = 1;
    duration_ = cost_.ticks(shape_of_chunks());
  }
  return began_ + (fraction_ + duration_) / kTicksPerNanosecond;
}

std::optional<Nanoseconds> Replica::interrupt(Nanoseconds now) {
  if (steps_ <= 1) return std::nullopt;
  const Ticks passed = (now - began_) * kTicksPerNanosecond - fraction_;
  const std::int64_t steps = decodes_.steps_reaching(passed, steps_, line_);
  if (steps == steps_) return std::nullopt;
  steps_ = steps;
  duration_ = decodes_.time_of(steps_, line_);
  return began_ + (fraction_ + duration_) / kTicksPerNanosecond;
}

Replica::Growth Replica::mean_growth() const {
  if (steps_ <= 1 || !decodes_step_) return {};
  const std::int64_t pages = decodes_.pages_for(steps_) - decode_pages_;
  return {0.5 * static_cast<double>(pages), 0.5 * static_cast<double>(steps_ * decodes_.size())};
}

const std::vector<Request*>& Replica::finish(Nanoseconds now) {
  moved_.clear();
  last_end_ = now;
  fraction_ = (fraction_ + duration_) % kTicksPerNanosecond;
  counters_.iterations += steps_;
  counters_.batch_threads += steps_ * batch_threads_;
  counters_.max_batch_threads = std::max(counters_.max_batch_threads, batch_threads_);
  counters_.busy_time += now - began_;
  const std::int64_t steps = std::exchange(steps_, 0);
  if (decodes_step_) finish_decodes(steps, now);
  for (const Chunk& chunk : chunks_) finish_chunk(chunk, now);
  chunks_.clear();
  counters_.peak_live_tokens = std::max(counters_.peak_live_tokens, resident_tokens_);
  return moved_;
}

void Replica::finish_decodes(std::int64_t steps, Nanoseconds now) {
  // The first step's pages were taken when the batch was formed, some of them for threads that
  // were preempted since.
  const std::int64_t pages = decodes_.pages_for(steps);
  if (pages > decode_pages_) {
    PQ_CHECK(pages_.take(pages - decode_pages_, now), "a run ends before the pages do");
  } else {
    pages_.give_back(decode_pages_ - pages);
  }
  decode_pages_ = 0;
  resident_tokens_ += steps * decodes_.size();
  run_tokens_.main += steps * decoding_[0];
  run_tokens_.auxiliary += steps * decoding_[1];
  new_token_ratio_.decay(steps);
  decodes_.advance(steps);
  for (std::int32_t id = decodes_.finished(); id >= 0; id = decodes_.finished()) {
    collect_decoded(id / 2);
    joining_.push_back(id / 2);
  }
}

void Replica::finish_chunk(const Chunk& chunk, Nanoseconds now) {
  Seat& own = seat(chunk.seat);
  own.reserved -= chunk.pages;
  // The main thread may have ended the auxiliary one in the same iteration.
  if (chunk.thread == Thread::auxiliary && !own.request->aux_running()) {
    pages_.give_back(chunk.pages);
    return;
  }
  own.private_pages += chunk.pages;
  own.tokens += chunk.tokens;
  resident_tokens_ += chunk.tokens;
  if (chunk.work.kind == StepKind::decode) {
    // Where threads are scheduled one by one, which have no runs, a decode step is a chunk.
    (chunk.thread == Thread::main ? run_tokens_.main : run_tokens_.auxiliary) += chunk.tokens;
  }
  collect_decoded(chunk.seat);
  complete(chunk.seat, chunk.thread, chunk.work, chunk.tokens);
  if (by_threads() && chunk.work.recompute) settle(chunk.seat);  // evictions came with it
  publish(chunk.seat, now);
  track_prefill(chunk.seat);
  joining_.push_back(chunk.seat);
}

void Replica::plan(Nanoseconds now) {
  chunks_.clear();
  preempted_ = decodes_step_ = head_is_cached_ = false;
  admission_gap_ = 0.0;
  budget_ = config_.max_batch_tokens;
  if (by_threads()) {
    plan_threads(now);
    return;
  }
  if (config_.scheduler == BatchRule::sglang) {
    plan_prefill_first(now);
    return;
  }
  decodes_step_ = reserve_decode_step(now);
  budget_ -= decodes_.size();
  prefill_pass(now);
  // After a preemption the pool is short: nobody new comes in.
  if (!preempted_) admit(now);
  decodes_step_ = decodes_.size() > 0;
  if (!decodes_step_) pages_.give_back(std::exchange(decode_pages_, 0));
}

void Replica::plan_prefill_first(Nanoseconds now) {
  prefill_pass(now);
  if (!preempted_) admit(now);
  if (chunks_.empty()) decodes_step_ = reserve_decode_step(now);
}

bool Replica::reserve_decode_step(Nanoseconds now) {
  PQ_CHECK(decode_pages_ == 0, "a step's pages are taken once");
  while (decodes_.size() > 0) {
    const std::int64_t pages = decodes_.pages_for(1);
    if (pages_.take(pages, now)) {
      decode_pages_ = pages;
      return true;
    }
    preempt(victim(), now);
  }
  return false;
}

void Replica::prefill_pass(Nanoseconds now) {
  auto next = prefilling_.begin();
  while (next != prefilling_.end() && budget_ > 0) {
    const Key key = *next;
    for (const Thread thread : {Thread::main, Thread::auxiliary}) {
      const Work work = seat(key.second).request->work(thread);
      if (work.tokens == 0 || work.kind != StepKind::prefill) continue;
      if (!add_chunk(key.second, thread, now)) break;
    }
    next = prefilling_.upper_bound(key);  // a preemption may have removed later ones
  }
}

/// Puts a thread's next tokens into the batch. False if the request was preempted for lack of
/// pages, or if the batch is full.
bool Replica::add_chunk(std::int32_t index, Thread thread, Nanoseconds now) {
  if (budget_ <= 0) return false;
  Seat& own = seat(index);
  const Work work = own.request->work(thread);
  const std::int64_t most =
      config_.prefill_chunk > 0 ? std::min<std::int64_t>(budget_, config_.prefill_chunk) : budget_;
  const auto tokens = static_cast<std::int32_t>(std::min<std::int64_t>(work.tokens, most));
  const std::int64_t pages = own.request->kv().pages_to_grow(thread, tokens);
  while (!pages_.take(pages, now)) {
    const std::int32_t loser = victim();
    preempt(loser, now);
    if (loser == index) return false;
  }
  own.reserved += pages;
  budget_ -= tokens;
  chunks_.push_back({index, thread, work, tokens, pages});
  return true;
}

std::int64_t Replica::run_length(const DecodeLine& line) const {
  if (config_.step_by_step || (preempted_ && !waiting_.empty())) return 1;
  if (!joining_.empty()) return 1;  // they decode from the next step on
  const std::int64_t steps =
      std::min({decodes_.steps_to_change(), decodes_.steps_on(line), steps_without_admission()});
  // Where somebody looks at the cache, blocks go at the step that evicts them.
  const bool is_watched =
      tiers_ != nullptr || config_.router == RouterRule::prefix || head_is_cached_;
  const std::int64_t pages = decode_pages_ + (is_watched ? pages_.free() : pages_.available());
  return std::max(std::int64_t{1}, decodes_.steps_within(pages, steps));
}

/// Until the estimate of what the running requests may still decode can let the next one in: it
/// falls by its share of a token with each token that is decoded.
std::int64_t Replica::steps_without_admission() const {
  if (admission_gap_ == 0.0) return kLongestRun;
  if (!new_token_ratio_.is_least()) return 1;
  const double steps =
      admission_gap_ / (new_token_ratio_.value() * static_cast<double>(decodes_.size()));
  return std::clamp(static_cast<std::int64_t>(steps), std::int64_t{1}, kLongestRun);
}

BatchShape Replica::shape_of_chunks() const {
  BatchShape shape = decodes_step_ ? decodes_.shape() : BatchShape{};
  for (const Chunk& chunk : chunks_) {
    const Request& request = *seat(chunk.seat).request;
    const std::int64_t context = request.kv().read_tokens(chunk.thread);
    if (chunk.work.kind == StepKind::decode) {
      shape.add_decode(context + 1, cost_.window());
      continue;
    }
    const bool samples = !chunk.work.recompute && request.finishes(chunk.thread, chunk.tokens);
    shape.add_prefill(chunk.tokens, context, cost_.window(), samples);
  }
  return shape;
}

}  // namespace pagequest::simulator
