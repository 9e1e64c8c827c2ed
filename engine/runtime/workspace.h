// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/tiles.h"

namespace pagequest::runtime {

/// Activations of one tile: rows of `stride` floats, whole panels wide.
struct Activations {
  std::vector<float> values;
  std::int64_t stride = 0;

  [[nodiscard]] float* row(std::int64_t index) { return values.data() + index * stride; }
  void reserve(std::int64_t rows);
};

/// What one thread needs to run a tile.
struct Workspace {
  explicit Workspace(const model::ModelConfig& config);

  Activations residual;         // (row, hidden_size)
  Activations normalised;       // (row, hidden_size)
  Activations query_key_value;  // (row, query heads + 2 KV heads, head_dim)
  Activations attended;         // (row, query heads, head_dim)
  Activations gate_up;          // (row, 2 intermediate_size)
  Activations logits;           // (row, vocabulary)
  std::vector<float> scratch;   // of an attention call

  void reserve(const Tile& tile, const model::ModelConfig& config, const ops::KvLayout& layout);
};

}  // namespace pagequest::runtime
