// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// How a replica forms its batches.
#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "simulator/serving/replica.h"

namespace pagequest::simulator {
namespace {

/// sgl-project/sglang, managers/schedule_policy.py and environ.py: the share of the tokens that
/// running requests may still decode which an admission leaves room for. It falls from the first
/// to the least value within a number of decode steps.
constexpr double kLeastNewTokenRatio = 0.7 * 0.14;
constexpr double kNewTokenRatioDecay = (0.7 - kLeastNewTokenRatio) / 600.0;
constexpr double kRetractSteps = 20.0;  // room that a retraction makes, steps of each request

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
  new_token_ratio_ = std::max(kLeastNewTokenRatio,
                              new_token_ratio_ - kNewTokenRatioDecay * static_cast<double>(steps));
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
  collect_decoded(chunk.seat);
  complete(chunk.seat, chunk.thread, chunk.work, chunk.tokens);
  publish(chunk.seat, now);
  track_prefill(chunk.seat);
  joining_.push_back(chunk.seat);
}

void Replica::plan(Nanoseconds now) {
  chunks_.clear();
  preempted_ = admission_waits_ = decodes_step_ = false;
  budget_ = config_.max_batch_tokens;
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

void Replica::admit(Nanoseconds now) {
  while (!waiting_.empty() && has_room()) {
    if (!admit_one(waiting_.begin()->second.second, now)) return;
  }
}

bool Replica::has_room() const {
  const auto threads = decodes_.size() + static_cast<std::int64_t>(prefilling_.size());
  return budget_ > 0 && threads < config_.max_batch_sequences;
}

bool Replica::admit_one(std::int32_t index, Nanoseconds now) {
  Seat& own = seat(index);
  const Found found = own.has_kv ? Found{} : look_up(own);
  if (!fits(own, found)) return false;
  if (!own.has_kv) counters_.prompt_blocks += found.looked_up;
  own.admitted = ++admissions_;
  own.resident = true;
  take_over(index, found.cached, now);
  if (own.has_kv || !found.below.empty()) {
    land(index, found, now);
    return true;
  }
  settle_tokens(index);
  place(index);
  const Thread thread =
      own.request->work(Thread::main).tokens > 0 ? Thread::main : Thread::auxiliary;
  const Work work = own.request->work(thread);
  return work.kind != StepKind::prefill || work.tokens == 0 || add_chunk(index, thread, now);
}

/// Keys and values that come from elsewhere take their pages at once.
void Replica::land(std::int32_t index, const Found& found, Nanoseconds now) {
  Seat& own = seat(index);
  if (!own.has_kv) {
    // First the fetch: the blocks that make room may push what is fetched out of its tier.
    begin_fetch(index, found.below, now);
    PQ_CHECK(pages_.take(own.fetching, now), "what was admitted fits");
    own.reserved += own.fetching;
    settle_tokens(index);
    move_to(index, Place::fetching);
    return;
  }
  const std::int32_t missing = own.request->kv().main().missing_tokens();
  const std::int64_t pages = own.request->kv().main().pages_after_grow(missing);
  PQ_CHECK(pages_.take(pages, now), "what was admitted fits");
  own.has_kv = false;
  own.private_pages += pages;
  own.request->reuse(missing);
  settle_tokens(index);
  place(index);
}

bool Replica::fits(const Seat& own, const Found& found) {
  const KvExtent& kv = own.request->kv().main();
  const std::int32_t reused =
      (found.cached + static_cast<std::int32_t>(found.below.size())) * config_.page_tokens;
  const std::int32_t input = own.request->input_tokens();
  const bool whole =
      config_.admission == Admission::input || own.has_kv || config_.scheduler == BatchRule::sglang;
  const auto chunk = static_cast<std::int32_t>(std::min<std::int64_t>(input, reused + budget_));
  const std::int64_t pages = kv.pages_after_grow(whole ? input : chunk) - found.cached;
  const std::int64_t available = pages_.available() - found.evictable;
  // With an empty pool the watermark protects nobody, and the first one must come in.
  const bool alone = active_.empty() && idle_.empty() && pages_.used() == 0;
  if (alone) return pages <= available;
  if (config_.scheduler == BatchRule::vllm) {
    return pages + watermark_ + promised_pages() <= available;
  }
  constexpr std::int32_t kMostNewTokens = 4096;  // that an admission reckons with
  const double left =
      static_cast<double>((available - pages - promised_pages()) * config_.page_tokens);
  const double wanted =
      new_token_ratio_ * static_cast<double>(expected_decode_tokens()) +
      static_cast<double>(std::min(kMostNewTokens, own.request->decode_after_input()));
  admission_waits_ = left < wanted && new_token_ratio_ > kLeastNewTokenRatio;
  return left >= wanted;
}

/// Pages that admitted requests still need for their input.
std::int64_t Replica::promised_pages() const {
  if (config_.admission == Admission::chunk && config_.scheduler == BatchRule::vllm) return 0;
  std::int64_t promised = 0;
  for (const auto& [order, index] : prefilling_) {
    const Seat& own = seat(index);
    const KvExtent& kv = own.request->kv().main();
    const std::int64_t missing = kv.pages_after_grow(own.request->input_tokens()) - kv.pages();
    promised += std::max(std::int64_t{0}, missing - own.reserved);
  }
  return promised;
}

/// Tokens that the running requests may still decode in their turns.
std::int64_t Replica::expected_decode_tokens() const {
  std::int64_t tokens = 0;
  for (const auto& [order, index] : active_) {
    const Request& request = *seat(index).request;
    const std::int32_t id = 2 * index;
    tokens += request.decodes_next() ? request.decode_left() : request.decode_after_input();
    if (decodes_.contains(id)) tokens -= decodes_.taken(id);
  }
  return tokens;
}

/// Puts a thread's next tokens into the batch. False if the request was preempted for lack of
/// pages, or if the batch is full.
bool Replica::add_chunk(std::int32_t index, Thread thread, Nanoseconds now) {
  if (budget_ <= 0) return false;
  Seat& own = seat(index);
  const Work work = own.request->work(thread);
  const auto tokens = static_cast<std::int32_t>(std::min<std::int64_t>(work.tokens, budget_));
  const SequenceKv& kv = own.request->kv();
  const std::int64_t pages = thread == Thread::main
                                 ? kv.main().pages_after_grow(tokens) - kv.main().pages()
                                 : kv.aux()->pages_after_grow(tokens) - kv.aux()->pages();
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

std::int32_t Replica::victim() const {
  PQ_CHECK(!active_.empty() || !idle_.empty(), "an exhausted pool has a resident request");
  if (config_.scheduler == BatchRule::sglang && !active_.empty()) return least_decoded();
  if (idle_.empty()) return active_.rbegin()->second;
  if (active_.empty() || config_.preemption == PreemptionOrder::idle_first) {
    return idle_.rbegin()->second;
  }
  return std::max(*active_.rbegin(), *idle_.rbegin()).second;
}

/// SGLang retracts who has decoded the fewest tokens, of equals who has the longest input.
std::int32_t Replica::least_decoded() const {
  std::int32_t best = -1;
  std::pair<std::int64_t, std::int64_t> least;
  for (const auto& [order, index] : active_) {
    const Seat& own = seat(index);
    const std::int32_t id = 2 * index;
    const std::int64_t decoded =
        own.turn_decoded + (decodes_.contains(id) ? decodes_.taken(id) : 0);
    const std::pair key{decoded, -own.request->kv().main().live_tokens() + own.turn_decoded};
    if (best >= 0 && key >= least) continue;
    best = index;
    least = key;
  }
  return best;
}

void Replica::preempt(std::int32_t index, Nanoseconds now) {
  Seat& own = seat(index);
  std::erase_if(chunks_, [&](const Chunk& chunk) {
    if (chunk.seat != index) return false;
    budget_ += chunk.tokens;
    return true;
  });
  pages_.give_back(own.reserved);
  own.reserved = 0;
  const std::int64_t decoding = decodes_.size();
  collect_decoded(index);
  budget_ += decodes_step_ ? decoding - decodes_.size() : 0;
  evacuate(index, now);
  place(index);
  ++counters_.preemptions;
  preempted_ = true;
  if (config_.scheduler == BatchRule::sglang) raise_new_token_ratio();
}

/// After a retraction: what is decoded, and room for some more steps, over what may be decoded.
void Replica::raise_new_token_ratio() {
  double decoded = 0.0;
  double most = 1.0;
  for (const auto& [order, index] : active_) {
    const Seat& own = seat(index);
    const std::int32_t id = 2 * index;
    const std::int64_t taken = decodes_.contains(id) ? decodes_.taken(id) : 0;
    decoded += static_cast<double>(own.turn_decoded + taken) + kRetractSteps;
    most += static_cast<double>(own.turn_decoded + own.request->decode_left());
  }
  new_token_ratio_ = std::min(1.0, decoded / most);
}

std::int64_t Replica::run_length(const DecodeLine& line) const {
  if (config_.step_by_step || admission_waits_ || (preempted_ && !waiting_.empty())) return 1;
  if (!joining_.empty()) return 1;  // they decode from the next step on
  const std::int64_t steps =
      std::min({decodes_.steps_to_change(), decodes_.steps_on(line), kLongestRun});
  // Where others see the cache, or time tells what goes, blocks go at the step that evicts them.
  const bool is_watched = tiers_ != nullptr || config_.router == RouterRule::prefix ||
                          config_.prefix_cache.starts_with("ttl");
  const std::int64_t pages = decode_pages_ + (is_watched ? pages_.free() : pages_.available());
  return std::max(std::int64_t{1}, decodes_.steps_within(pages, steps));
}

BatchShape Replica::shape_of_chunks() const {
  BatchShape shape = decodes_step_ ? decodes_.shape() : BatchShape{};
  for (const Chunk& chunk : chunks_) {
    const Request& request = *seat(chunk.seat).request;
    const SequenceKv& kv = request.kv();
    const std::int64_t context =
        chunk.thread == Thread::main ? kv.main().read_tokens() : kv.aux()->read_tokens();
    const bool samples = !chunk.work.recompute && request.finishes(chunk.thread, chunk.tokens);
    shape.add_prefill(chunk.tokens, context, cost_.window(), samples);
  }
  return shape;
}

}  // namespace pagequest::simulator
