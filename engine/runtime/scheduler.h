// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/page_pool.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// A sequence's part of a batch: the next `tokens` of its queue.
struct ScheduledChunk {
  Sequence* sequence;
  std::int32_t tokens;
};

/// Chooses what one iteration processes. Sequences with one queued token (decoding) come first, so
/// that prompts never hold them up; then prompts in the order of ids, in chunks. A chunk shrinks to
/// what is left of the batch and of the pool; a sequence for which nothing is left waits.
///
/// `sequences` are in the order of ids, and so is the result. Throws usage_error when there is
/// queued input but no page for any of it.
[[nodiscard]] std::vector<ScheduledChunk> schedule(std::span<Sequence* const> sequences,
                                                   const kv::PagePool& pool,
                                                   const EngineConfig& config);

}  // namespace pagequest::runtime
