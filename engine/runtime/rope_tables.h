// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "engine/model/model_config.h"
#include "engine/ops/cpu/rope_table.h"
#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime {

/// Rotations of a model's queries and keys.
struct RopeTables {
  explicit RopeTables(const model::ModelConfig& config);

  /// Makes what the chunks need readable. Not concurrently with readers.
  void reserve(std::span<const ForwardChunk> chunks);

  ops::RopeTable positions;  // times the attention factor, which scales queries and keys once
  ops::RopeTable turns;      // the same angles without it: of what has been scaled already
};

}  // namespace pagequest::runtime
