// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/scheduler.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace pagequest::runtime {
namespace {

/// Next tokens of a sequence: 0 when it has no input.
ScheduledChunk next_chunk(Sequence& sequence, const EngineConfig& config) {
  const std::int32_t most = std::min(config.prefill_chunk, config.max_batch_tokens);
  if (sequence.queued() == 0) return {&sequence, 0, false};
  if (sequence.recomputes()) return {&sequence, std::min(sequence.recomputable(), most), true};
  return {&sequence, std::min(sequence.queued(), most), false};
}

bool decodes(const Sequence& sequence) { return sequence.queued() == 1 && !sequence.recomputes(); }

/// The batch that the free pages allow, and the sequences that lack pages to take part.
class BatchPlan {
 public:
  BatchPlan(const kv::PagePool& pool, const EngineConfig& config)
      : config_(&config), free_pages_(pool.free_pages()), tokens_left_(config.max_batch_tokens) {}

  void offer(Sequence& sequence) {
    const ScheduledChunk chunk = next_chunk(sequence, *config_);
    const bool first_prompt = !decodes(sequence) && !has_prompt_;
    if (chunk.tokens == 0 || (chunk.tokens > tokens_left_ && !first_prompt)) return;
    const std::int32_t pages = sequence.tables.pages_needed(chunk.tokens);
    if (pages > free_pages_) {
      if (starved_.empty()) missing_pages_ = pages - free_pages_;
      starved_.push_back(&sequence);
      return;
    }
    free_pages_ -= pages;
    tokens_left_ -= chunk.tokens;
    has_prompt_ = has_prompt_ || !decodes(sequence);
    chunks_.push_back(chunk);
  }

  [[nodiscard]] const std::vector<Sequence*>& starved() const { return starved_; }
  /// Pages that the first of them lacks.
  [[nodiscard]] std::int32_t missing_pages() const { return missing_pages_; }

  [[nodiscard]] std::vector<ScheduledChunk> take() {
    std::sort(chunks_.begin(), chunks_.end(),
              [](const auto& a, const auto& b) { return a.sequence->id < b.sequence->id; });
    return std::move(chunks_);
  }

 private:
  const EngineConfig* config_;
  std::int32_t free_pages_;
  std::int32_t tokens_left_;
  bool has_prompt_ = false;
  std::vector<ScheduledChunk> chunks_;
  std::vector<Sequence*> starved_;
  std::int32_t missing_pages_ = 0;
};

BatchPlan plan_batch(std::span<Sequence* const> sequences, const kv::PagePool& pool,
                     const EngineConfig& config) {
  BatchPlan plan(pool, config);
  for (Sequence* sequence : sequences) {
    if (decodes(*sequence)) plan.offer(*sequence);
  }
  for (Sequence* sequence : sequences) {
    if (!decodes(*sequence)) plan.offer(*sequence);
  }
  return plan;
}

/// Whether no sequence with a lower id has input.
bool is_oldest(const Sequence& sequence, std::span<Sequence* const> sequences) {
  return std::ranges::none_of(sequences, [&](const Sequence* other) {
    return other->id < sequence.id && other->queued() > 0;
  });
}

/// The newest sequence that gives its pages up for `needy`, or null.
Sequence* victim_for(const Sequence& needy, std::span<Sequence* const> sequences) {
  const bool oldest = is_oldest(needy, sequences);
  for (auto at = sequences.rbegin(); at != sequences.rend(); ++at) {
    Sequence& candidate = **at;
    if (candidate.id == needy.id || !candidate.tables.hold_pages()) continue;
    if (candidate.id > needy.id || oldest) return &candidate;
  }
  return nullptr;
}

[[noreturn]] void throw_exhausted(const Sequence& sequence, const kv::PagePool& pool,
                                  const EngineConfig& config) {
  throw usage_error({.what = "the KV page pool is exhausted: no sequence can go on",
                     .where = "episode " + std::to_string(sequence.episode.value) + ", position " +
                              std::to_string(sequence.tables.next_position()),
                     .found = std::to_string(pool.total_pages()) + " pages, " +
                              std::to_string(pool.free_pages()) + " of them free",
                     .expected = "room for one sequence alone",
                     .hint = std::string("raise ") +
                             (config.pool_bytes > 0 ? "pool_bytes" : "pool_pages") +
                             " or use a smaller budget"});
}

/// Takes the pages of a sequence for one of the starved; false when there is none to take from.
bool preempt_for(std::span<Sequence* const> starved, std::span<Sequence* const> sequences) {
  for (const Sequence* needy : starved) {
    if (Sequence* victim = victim_for(*needy, sequences)) {
      victim->preempt();
      return true;
    }
  }
  return false;
}

}  // namespace

Schedule schedule(std::span<Sequence* const> sequences, const kv::PagePool& pool,
                  kv::PrefixCache* prefixes, const EngineConfig& config) {
  Schedule schedule;
  BatchPlan plan = plan_batch(sequences, pool, config);
  while (!plan.starved().empty()) {
    if (prefixes == nullptr || !prefixes->reclaim(plan.missing_pages())) {
      if (!preempt_for(plan.starved(), sequences)) break;
      ++schedule.preempted;
    }
    plan = plan_batch(sequences, pool, config);
  }
  for (const Sequence* sequence : plan.starved()) {
    if (is_oldest(*sequence, sequences)) throw_exhausted(*sequence, pool, config);
  }
  schedule.chunks = plan.take();
  return schedule;
}

}  // namespace pagequest::runtime
