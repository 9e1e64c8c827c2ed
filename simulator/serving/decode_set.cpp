// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/decode_set.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace pagequest::simulator {
namespace {

__extension__ typedef __int128 Wide;  // no sum of a run overflows it

/// Fewest steps in [1, limit] for which `enough` holds; limit if it holds for none below.
template <class Enough>
std::int64_t fewest(std::int64_t limit, Enough enough) {
  std::int64_t low = 1;
  std::int64_t high = limit;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (enough(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

DecodeSet::DecodeSet(std::int32_t page_tokens, std::int64_t window)
    : page_tokens_(page_tokens),
      window_(window),
      crossings_(static_cast<std::size_t>(page_tokens), 0) {}

void DecodeSet::join(std::int32_t thread, std::int64_t reads, std::int64_t position,
                     std::int64_t steps) {
  const auto index = static_cast<std::size_t>(thread);
  if (index >= members_.size()) members_.resize(index + 1);
  Member& own = members_[index];
  PQ_CHECK(!own.present && steps > 0, "a thread decodes once, and something");
  const std::int64_t phase = (step_ - position) % page_tokens_;
  own = {.joined = step_,
         .reads = reads,
         .end = step_ + steps,
         .stamp = ++stamps_,
         .residue = static_cast<std::int32_t>(phase < 0 ? phase + page_tokens_ : phase),
         .present = true,
         .window_grows = reads < window_};
  ++size_;
  reads_ += reads;
  window_reads_ += std::min(reads, window_);
  ++crossings_[static_cast<std::size_t>(own.residue)];
  if (ends_.size() > 64 + 4 * static_cast<std::size_t>(size_)) drop_all_stale();
  ends_.push({own.end, thread, own.stamp});
  leads_.push({reads - step_, thread, own.stamp});
  if (!own.window_grows) return;
  ++growing_windows_;
  windows_.push({step_ + window_ - reads, thread, own.stamp});
}

std::int64_t DecodeSet::leave(std::int32_t thread) {
  Member& own = members_[static_cast<std::size_t>(thread)];
  PQ_CHECK(own.present, "only a thread that decodes stops decoding");
  const std::int64_t steps = step_ - own.joined;
  const std::int64_t reads = own.reads + steps;
  own.present = false;
  --size_;
  reads_ -= reads;
  window_reads_ -= std::min(reads, window_);
  growing_windows_ -= own.window_grows ? 1 : 0;
  --crossings_[static_cast<std::size_t>(own.residue)];
  return steps;
}

bool DecodeSet::contains(std::int32_t thread) const {
  const auto index = static_cast<std::size_t>(thread);
  return index < members_.size() && members_[index].present;
}

std::int64_t DecodeSet::taken(std::int32_t thread) const {
  return step_ - members_[static_cast<std::size_t>(thread)].joined;
}

bool DecodeSet::is_true(const Due& due) const {
  const Member& member = members_[static_cast<std::size_t>(due.thread)];
  return member.present && member.stamp == due.stamp;
}

template <class Queue>
void DecodeSet::drop_stale(Queue& queue) const {
  while (!queue.empty() && !is_true(queue.top())) queue.pop();
}

/// Entries behind a thread that decodes for long would pile up.
void DecodeSet::drop_all_stale() {
  const auto rebuild = [this](auto& queue) {
    std::remove_reference_t<decltype(queue)> kept;
    for (; !queue.empty(); queue.pop()) {
      if (is_true(queue.top())) kept.push(queue.top());
    }
    queue = std::move(kept);
  };
  rebuild(ends_);
  rebuild(windows_);
  rebuild(leads_);
}

BatchShape DecodeSet::shape() const {
  BatchShape out;
  if (size_ == 0) return out;
  drop_stale(leads_);
  out.sequences = out.sampled_rows = out.decode_tokens = size_;
  out.decode_reads = reads_;
  out.decode_window_reads = window_reads_;
  out.longest_decode = leads_.top().step + step_;
  return out;
}

std::int64_t DecodeSet::steps_to_change() const {
  drop_stale(ends_);
  drop_stale(windows_);
  PQ_CHECK(!ends_.empty(), "a thread decodes");
  std::int64_t next = ends_.top().step;
  if (!windows_.empty()) next = std::min(next, windows_.top().step);
  return next - step_;
}

std::int64_t DecodeSet::pages_for(std::int64_t steps) const {
  std::int64_t pages = steps / page_tokens_ * size_;
  const std::int64_t rest = steps % page_tokens_;
  const std::int64_t first = step_ % page_tokens_;
  const std::int64_t unwrapped = std::min(rest, page_tokens_ - first);
  for (std::int64_t i = first; i < first + unwrapped; ++i) {
    pages += crossings_[static_cast<std::size_t>(i)];
  }
  for (std::int64_t i = 0; i < rest - unwrapped; ++i)
    pages += crossings_[static_cast<std::size_t>(i)];
  return pages;
}

std::int64_t DecodeSet::steps_within(std::int64_t pages, std::int64_t limit) const {
  // An upper bound first: it nearly always decides, and costs nothing.
  if ((limit / page_tokens_ + 1) * size_ <= pages || pages_for(limit) <= pages) return limit;
  if (pages_for(1) > pages) return 0;
  return fewest(limit, [&](std::int64_t steps) { return pages_for(steps + 1) > pages; });
}

Ticks DecodeSet::time_of(std::int64_t steps, const DecodeLine& line) const {
  const std::int64_t pairs = steps * (steps - 1) / 2;
  const Wide reads = static_cast<Wide>(reads_) * steps + size_ * pairs;
  const Wide window_reads = static_cast<Wide>(window_reads_) * steps + growing_windows_ * pairs;
  const Wide sum = static_cast<Wide>(line.base) * steps + line.per_read * reads +
                   line.per_window_read * window_reads;
  PQ_CHECK(sum <= std::numeric_limits<Ticks>::max(), "a run of decode steps ends within 100 days");
  return static_cast<Ticks>(sum);
}

std::int64_t DecodeSet::steps_reaching(Ticks time, std::int64_t limit,
                                       const DecodeLine& line) const {
  return fewest(limit, [&](std::int64_t steps) { return time_of(steps, line) >= time; });
}

std::int64_t DecodeSet::steps_on(const DecodeLine& line) const {
  if (reads_ >= line.max_reads) return 1;
  return (line.max_reads - reads_) / size_ + 1;
}

void DecodeSet::advance(std::int64_t steps) {
  if (size_ == 0) return;
  step_ += steps;
  reads_ += size_ * steps;
  window_reads_ += growing_windows_ * steps;
  fill_windows();
}

/// Threads whose next step reads a whole window no longer grow.
void DecodeSet::fill_windows() {
  for (drop_stale(windows_); !windows_.empty() && windows_.top().step <= step_;
       drop_stale(windows_)) {
    members_[static_cast<std::size_t>(windows_.top().thread)].window_grows = false;
    --growing_windows_;
    windows_.pop();
  }
}

std::int32_t DecodeSet::finished() {
  drop_stale(ends_);
  return !ends_.empty() && ends_.top().step <= step_ ? ends_.top().thread : -1;
}

}  // namespace pagequest::simulator
