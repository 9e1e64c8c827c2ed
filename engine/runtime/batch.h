// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/scheduler.h"

namespace pagequest::runtime {

/// The chunks of one iteration.
struct Batch {
  std::vector<ScheduledChunk> scheduled;
  std::vector<ForwardChunk> chunks;  // beside `scheduled`
};

/// Makes the scheduled tokens live in their sequences' page tables, copies the pages that must be
/// copied before they are written, and describes the forward pass. Throws usage_error, before
/// anything changes, when a token is beyond the model's positions.
///
/// The captured masses of all chunks go to `masses`, which grows to the largest batch so far: a
/// fresh buffer of that size every iteration would cost more than the capture itself.
[[nodiscard]] Batch prepare_batch(std::vector<ScheduledChunk> scheduled, KvCache& cache,
                                  const model::ModelConfig& model, const EngineConfig& config,
                                  std::vector<float>& masses);

}  // namespace pagequest::runtime
