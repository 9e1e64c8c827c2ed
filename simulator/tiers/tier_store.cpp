// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/tiers/tier_store.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/check.h"
#include "base/error.h"

namespace pagequest::simulator {
namespace {

void require(bool holds, const TierSpec& spec, const std::string& what, double found,
             const std::string& expected) {
  if (holds) return;
  throw usage_error({.what = "bad " + what,
                     .where = "tier " + spec.name,
                     .found = std::to_string(found),
                     .expected = expected,
                     .hint = {}});
}

void require_rates(const TierSpec& spec) {
  const auto positive = [](double x) { return std::isfinite(x) && x > 0.0; };
  const auto not_negative = [](double x) { return std::isfinite(x) && x >= 0.0; };
  require(positive(spec.read_bytes_per_s), spec, "read bandwidth", spec.read_bytes_per_s,
          "more than 0 bytes/s");
  require(positive(spec.write_bytes_per_s), spec, "write bandwidth", spec.write_bytes_per_s,
          "more than 0 bytes/s");
  require(positive(spec.size_factor), spec, "size factor", spec.size_factor, "more than 0");
  require(not_negative(spec.latency_s), spec, "latency", spec.latency_s, "0 or more seconds");
  require(not_negative(spec.decode_bytes_per_s), spec, "decode bandwidth", spec.decode_bytes_per_s,
          "0 (none) or more bytes/s");
}

std::string bytes_text(double bytes) { return std::to_string(std::llround(bytes)) + " bytes"; }

/// Chunks are decoded while later ones are on their way (Liu et al., CacheGen, SIGCOMM 2024), so
/// that the slower of the two sets the pace.
double read_rate(const TierSpec& spec) {
  if (spec.decode_bytes_per_s <= 0.0) return spec.read_bytes_per_s;
  return std::min(spec.read_bytes_per_s, spec.decode_bytes_per_s);
}

}  // namespace

std::int64_t tier_capacity_blocks(const TierSpec& spec, double block_bytes) {
  require_rates(spec);
  const double bytes = block_bytes * spec.size_factor;
  if (spec.capacity_bytes >= bytes) {
    return static_cast<std::int64_t>(std::floor(std::min(spec.capacity_bytes / bytes, 4e9)));
  }
  throw usage_error({.what = "a tier is smaller than one block of keys and values, by " +
                             bytes_text(bytes - spec.capacity_bytes),
                     .where = "tier " + spec.name,
                     .found = bytes_text(spec.capacity_bytes),
                     .expected = "at least " + bytes_text(std::ceil(bytes)),
                     .hint = "give it a larger capacity, or use smaller blocks"});
}

TierStore::TierStore(const TierSpec& spec, double block_bytes)
    : capacity_(tier_capacity_blocks(spec, block_bytes)),
      bytes_(block_bytes * spec.size_factor),
      cache_(make_block_cache(spec.eviction)),
      admission_(make_admission(spec.admission, capacity_)),
      reads_(read_rate(spec), spec.latency_s),
      writes_(spec.write_bytes_per_s, spec.latency_s) {}

bool TierStore::readable(BlockId id) const {
  return cache_->contains(id) && !writing_.contains(id);
}

/// Nothing is evicted if there is room, or if all blocks are pinned or being written.
std::optional<TierStore::Evicted> TierStore::make_room(Nanoseconds now) {
  if (cache_->size() < capacity_) return std::nullopt;
  const auto victim = cache_->evict(now);
  if (!victim) return std::nullopt;
  ++counters_.evictions;
  Evicted evicted{.id = *victim, .touch = cache_->evicted_touch()};
  evicted.touch.now = now;
  return evicted;
}

TierStore::Outcome TierStore::offer(BlockId id, const BlockTouch& touch) {
  if (cache_->contains(id)) {
    pin(id, touch);
    unpin(id, touch);
    return {.kept = true};
  }
  Outcome outcome;
  if (admission_->admits(id)) {
    outcome.evicted = make_room(touch.now);
    outcome.kept = cache_->size() < capacity_;
  }
  if (!outcome.kept) {
    ++counters_.refused;
    return outcome;
  }
  cache_->insert(id, touch);
  writing_.emplace(id, touch);
  counters_.peak_blocks = std::max(counters_.peak_blocks, cache_->size());
  writes_.start(touch.now, id, bytes_);
  return outcome;
}

void TierStore::finish_write(Nanoseconds now) {
  const auto end = writes_.pop(now);
  PQ_CHECK(end.has_value(), "a write has ended");
  const auto block = writing_.find(end->transfer);
  block->second.now = end->time;
  ++counters_.stores;
  cache_->release(end->transfer, block->second);
  writing_.erase(block);
}

void TierStore::read(Nanoseconds now, std::uint64_t transfer, std::int64_t blocks) {
  counters_.hits += blocks;
  reads_.start(now, transfer, bytes_ * static_cast<double>(blocks));
}

void TierStore::pin(BlockId id, const BlockTouch& touch) { cache_->hold(id, touch); }

void TierStore::unpin(BlockId id, const BlockTouch& touch) { cache_->release(id, touch); }

TierCounters TierStore::counters() const {
  TierCounters out = counters_;
  out.read_busy_s = reads_.busy_s();
  out.write_busy_s = writes_.busy_s();
  return out;
}

}  // namespace pagequest::simulator
