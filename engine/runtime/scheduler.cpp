// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/scheduler.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace pagequest::runtime {
namespace {

/// Hands out the tokens and pages of one iteration.
class BatchPlanner {
 public:
  BatchPlanner(const kv::PagePool& pool, const EngineConfig& config)
      : config_(config), free_pages_(pool.free_pages()), tokens_left_(config.max_batch_tokens) {}

  void offer(Sequence& sequence) {
    std::int32_t tokens = std::min({sequence.queued(), config_.prefill_chunk, tokens_left_});
    while (tokens > 0 && sequence.table.pages_needed(tokens) > free_pages_) --tokens;
    if (tokens == 0) return;
    free_pages_ -= sequence.table.pages_needed(tokens);
    tokens_left_ -= tokens;
    chunks_.push_back({&sequence, tokens});
  }

  [[nodiscard]] std::vector<ScheduledChunk> take() {
    std::sort(chunks_.begin(), chunks_.end(),
              [](const auto& a, const auto& b) { return a.sequence->id < b.sequence->id; });
    return std::move(chunks_);
  }

 private:
  const EngineConfig& config_;
  std::int32_t free_pages_;
  std::int32_t tokens_left_;
  std::vector<ScheduledChunk> chunks_;
};

[[noreturn]] void throw_exhausted(const kv::PagePool& pool) {
  throw usage_error({.what = "the KV page pool is exhausted: no sequence can go on",
                     .where = "pool_pages",
                     .found = std::to_string(pool.total_pages()) + " pages, all in use",
                     .expected = {},
                     .hint = "use more pages, fewer episodes at once or a smaller budget"});
}

}  // namespace

std::vector<ScheduledChunk> schedule(std::span<Sequence* const> sequences, const kv::PagePool& pool,
                                     const EngineConfig& config) {
  BatchPlanner planner(pool, config);
  bool any = false;
  for (Sequence* sequence : sequences) {
    if (sequence->queued() == 1) planner.offer(*sequence);
    any = any || sequence->queued() > 0;
  }
  for (Sequence* sequence : sequences) {
    if (sequence->queued() > 1) planner.offer(*sequence);
  }
  std::vector<ScheduledChunk> chunks = planner.take();
  if (any && chunks.empty()) throw_exhausted(pool);
  return chunks;
}

}  // namespace pagequest::runtime
