// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/page_reads.h"
#include "engine/runtime/tiles.h"

namespace pagequest::runtime {

/// Activations of one tile: rows of `stride` floats, whole panels wide.
struct Activations {
  std::vector<float> values;
  std::int64_t stride = 0;

  Activations() = default;
  explicit Activations(std::int64_t width);
  [[nodiscard]] float* row(std::int64_t index) { return values.data() + index * stride; }
  void reserve(std::int64_t rows);
};

/// What one thread of a team needs for itself.
struct Scratch {
  std::vector<float> attention;
  std::vector<float> linear;
  std::vector<float> capture;         // mean and max of an attention call, per page
  std::vector<std::uint64_t> tokens;  // tokens_above of an attention call
  PageReads reads;                    // of an attention call
  std::vector<float> key;             // (head_dim)
};

/// Rows of a sparse layer's tile, once for each expert that a token chose.
struct ExpertRows {
  Activations router;                // (row, experts)
  std::vector<std::int32_t> chosen;  // (row, slot): expert; a row's slots ascend by expert
  std::vector<float> weights;        // (row, slot)
  std::vector<std::int64_t> first;   // (expert + 1): its range of the expert rows
  std::vector<std::int64_t> source;  // (expert row): row of the tile
  std::vector<std::int64_t> place;   // (row, slot): expert row
  Activations input;                 // (expert row, hidden_size)
  Activations gate_up;               // (expert row, 2 intermediate_size)
  Activations output;                // (expert row, hidden_size)
};

/// What a team of threads needs to run a tile.
struct Workspace {
  Workspace(const model::ModelConfig& config, int threads);

  Activations residual;         // (row, hidden_size)
  Activations normalised;       // (row, hidden_size)
  Activations query_key_value;  // (row, query heads + 2 KV heads, head_dim)
  Activations attended;         // (row, query heads, head_dim)
  Activations gate_up;          // (row, 2 intermediate_size)
  Activations logits;           // (row, vocabulary)
  ExpertRows experts;
  std::vector<Scratch> scratch;  // (worker)

  void reserve(const Tile& tile, const model::ModelConfig& config, const ops::KvLayout& layout);
};

}  // namespace pagequest::runtime
