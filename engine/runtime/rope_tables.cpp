// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/rope_tables.h"

#include <algorithm>
#include <cstdint>

#include "engine/model/rope.h"

namespace pagequest::runtime {
namespace {

/// The largest turn of any chunk, in positions.
std::int32_t farthest_turn(std::span<const ForwardChunk> chunks) {
  std::int32_t farthest = 0;
  for (const ForwardChunk& chunk : chunks) {
    for (const GroupPages& group : chunk.groups) {
      // The oldest tokens have the most holes behind them.
      if (!group.turns.empty()) farthest = std::max(farthest, group.turns.front().positions);
    }
  }
  return farthest;
}

}  // namespace

RopeTables::RopeTables(const model::ModelConfig& config)
    : positions(model::rope_frequencies(config.rope, config.head_dim),
                static_cast<float>(config.rope.attention_factor)),
      turns(model::rope_frequencies(config.rope, config.head_dim)) {}

void RopeTables::reserve(std::span<const ForwardChunk> chunks) {
  for (const ForwardChunk& chunk : chunks) positions.reserve(chunk.first_position + chunk.rows());
  turns.reserve(farthest_turn(chunks) + 1);
}

}  // namespace pagequest::runtime
