// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Who comes in, and with what.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "simulator/serving/replica.h"

namespace pagequest::simulator {

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
  if (!fits(own, found)) {
    head_is_cached_ = found.evictable > 0;
    return false;
  }
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
  const bool whole = config_.admission == AdmittedBy::input || own.has_kv ||
                     config_.scheduler == BatchRule::sglang;
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
      new_token_ratio_.value() * static_cast<double>(expected_decode_tokens()) +
      static_cast<double>(std::min(kMostNewTokens, own.request->decode_after_input()));
  admission_gap_ = std::max(0.0, wanted - left);
  return left >= wanted;
}

/// Pages that admitted requests still need for their input.
std::int64_t Replica::promised_pages() const {
  if (config_.admission == AdmittedBy::chunk && config_.scheduler == BatchRule::vllm) return 0;
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

}  // namespace pagequest::simulator
