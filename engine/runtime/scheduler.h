// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/page_pool.h"
#include "engine/kv/prefix_cache.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// A sequence's part of a batch: its next `tokens`, of its queue or (`recomputed`) of its history.
struct ScheduledChunk {
  Sequence* sequence;
  std::int32_t tokens;
  bool recomputed;
};

struct Schedule {
  std::vector<ScheduledChunk> chunks;  // in the order of sequence ids
  std::int32_t preempted = 0;          // sequences that lost their pages for it
};

/// Chooses what one iteration processes. Sequences with one queued token (decoding) come first, so
/// that prompts never hold them up; then prompts and preempted sequences in the order of ids, in
/// chunks. Where a prompt is cut depends on nothing but `prefill_chunk` and `max_batch_tokens`: a
/// chunk for which the batch has no room waits as a whole, unless no other prompt is in the batch.
/// So a sequence has the same steps whatever runs beside it.
///
/// A sequence that needs more pages than are free gets them, in this order, from
///   1. cached prefixes that no sequence uses, the least recently used first;
///   2. the newest sequence (highest id) above its own id that holds pages: it is preempted, that
///      is, gives back all its pages and recomputes them when it has input and there is room;
///   3. the newest idle sequence (nothing queued), if no sequence below has input.
/// If none is left it waits. The sequence with input that has the lowest id thus always goes on:
/// when even it finds no pages, it does not fit into the pool, which throws usage_error.
///
/// `sequences` are in the order of ids; `prefixes` may be null.
[[nodiscard]] Schedule schedule(std::span<Sequence* const> sequences, const kv::PagePool& pool,
                                kv::PrefixCache* prefixes, const EngineConfig& config);

}  // namespace pagequest::runtime
