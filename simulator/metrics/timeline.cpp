// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/metrics/timeline.h"

#include <algorithm>

#include "base/check.h"

namespace pagequest::simulator {
namespace {

void accumulate(ServerState& sum, const ServerState& value, double weight) {
  sum.batch_threads += value.batch_threads * weight;
  sum.running += value.running * weight;
  sum.waiting += value.waiting * weight;
  sum.tool_wait += value.tool_wait * weight;
  sum.used_pages += value.used_pages * weight;
  sum.live_tokens += value.live_tokens * weight;
}

TimelineRow averaged(TimelineRow sum) {
  ServerState mean;
  if (sum.end > sum.begin)
    accumulate(mean, sum.mean, 1.0 / static_cast<double>(sum.end - sum.begin));
  sum.mean = mean;
  return sum;
}

void absorb(TimelineRow& row, const TimelineRow& next) {
  row.end = next.end;
  row.output_tokens += next.output_tokens;
  accumulate(row.mean, next.mean, 1.0);
}

}  // namespace

ServerState& ServerState::operator+=(const ServerState& other) {
  accumulate(*this, other, 1.0);
  return *this;
}

ServerState& ServerState::operator-=(const ServerState& other) {
  accumulate(*this, other, -1.0);
  return *this;
}

Timeline::Timeline(std::size_t max_rows) : max_rows_(max_rows) {
  PQ_CHECK(max_rows >= 2, "neighbours can be merged");
}

void Timeline::add(Nanoseconds end, const ServerState& state) {
  PQ_CHECK(end >= now_, "time goes on");
  while (now_ < end) {
    const auto index = static_cast<std::size_t>(now_ / width_);
    if (index >= max_rows_) {
      merge_neighbours();
      continue;
    }
    if (index >= sums_.size()) sums_.push_back({.begin = now_, .end = now_, .mean = {}});
    const Nanoseconds part_end = std::min(end, static_cast<Nanoseconds>(index + 1) * width_);
    const auto part = static_cast<double>(part_end - now_);
    accumulate(sums_[index].mean, state, part);
    sums_[index].end = now_ = part_end;
  }
}

void Timeline::add_tokens(Nanoseconds begin, Nanoseconds end, double tokens) {
  PQ_CHECK(begin < end && end <= now_, "tokens come in time that was accounted for");
  const double per_ns = tokens / static_cast<double>(end - begin);
  while (begin < end) {
    const Nanoseconds index = begin / width_;
    const Nanoseconds part_end = std::min(end, (index + 1) * width_);
    sums_[static_cast<std::size_t>(index)].output_tokens +=
        per_ns * static_cast<double>(part_end - begin);
    begin = part_end;
  }
}

void Timeline::merge_neighbours() {
  std::vector<TimelineRow> merged;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    if (i % 2 == 0) {
      merged.push_back(sums_[i]);
    } else {
      absorb(merged.back(), sums_[i]);
    }
  }
  sums_ = std::move(merged);
  width_ *= 2;
}

std::vector<TimelineRow> Timeline::rows() const {
  std::vector<TimelineRow> out;
  for (const auto& sum : sums_) out.push_back(averaged(sum));
  return out;
}

TimelineRow Timeline::overall() const {
  TimelineRow sum;
  for (const auto& row : sums_) absorb(sum, row);
  return averaged(sum);
}

}  // namespace pagequest::simulator
