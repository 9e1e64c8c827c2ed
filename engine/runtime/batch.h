// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/capture_store.h"
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
/// copied before they are written, and describes the forward pass; captured attention goes to
/// `store`. Recomputed tokens are not captured and give no logits. Throws usage_error, before
/// anything changes, when a token is beyond the model's positions.
[[nodiscard]] Batch prepare_batch(std::vector<ScheduledChunk> scheduled, KvCache& cache,
                                  const model::ModelConfig& model, const EngineConfig& config,
                                  CaptureStore& store);

}  // namespace pagequest::runtime
