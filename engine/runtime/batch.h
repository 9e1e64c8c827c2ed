// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/kv/page_table.h"
#include "engine/model/model_config.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/scheduler.h"

namespace pagequest::runtime {

/// The chunks of one iteration.
struct Batch {
  std::vector<kv::PageCopy> copies;  // that come first
  std::vector<ScheduledChunk> scheduled;
  std::vector<ForwardChunk> chunks;                    // beside `scheduled`
  std::vector<std::vector<std::int32_t>> tokens_read;  // where ForwardChunk::tokens_read points to
};

/// Makes the scheduled tokens live in their sequences' page tables and describes the forward pass,
/// but for where captured attention goes. Recomputed tokens are not captured and give no logits.
/// Throws usage_error, before anything changes, when a token is beyond the model's positions.
[[nodiscard]] Batch prepare_batch(std::vector<ScheduledChunk> scheduled,
                                  const model::ModelConfig& model, const EngineConfig& config);

}  // namespace pagequest::runtime
