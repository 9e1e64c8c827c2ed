// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/rope_table.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/tiles.h"
#include "engine/runtime/workspace.h"

namespace pagequest::runtime {

/// The layers of a Llama-type decoder (LLaMA, arXiv 2302.13971, section 2.2; grouped-query
/// attention as in Llama 2, arXiv 2307.09288), for one tile at a time.
class Decoder {
 public:
  /// All references must outlive the object.
  Decoder(const model::Model& model, const ops::Kernels& kernels, const ops::RopeTable& rope,
          KvCache& cache);

  /// Writes the tile's keys and values into the cache, and its chunks' logits and captured masses.
  /// `work` must have been reserved for the tile. Different tiles may run at the same time.
  void run(const Tile& tile, Workspace& work) const;

 private:
  void embed(const Tile& tile, Workspace& work) const;
  void attention_block(const Tile& tile, std::int32_t layer, Workspace& work) const;
  /// Moves the rows whose logits are wanted to the front; returns how many there are.
  std::int64_t keep_wanted_rows(const Tile& tile, Workspace& work) const;
  void rotate_and_store(const ForwardChunk& chunk, std::int64_t first_row, std::int32_t layer,
                        Workspace& work) const;
  void attend(const ForwardChunk& chunk, std::int64_t first_row, std::int32_t layer,
              Workspace& work) const;
  /// Adds the projected output of the attention, then of the feed-forward part, to the residual.
  void feed_forward_block(std::int64_t rows, std::int32_t layer, Workspace& work) const;
  void compute_logits(const Tile& tile, std::int64_t rows, Workspace& work) const;
  /// x and out: rows of hidden_size, as far apart as those of Workspace::residual.
  void normalise(const float* x, std::int64_t rows, const std::vector<float>& weight,
                 float* out) const;

  const model::ModelConfig& config_;
  const model::Weights& weights_;
  const ops::Kernels& kernels_;
  const ops::RopeTable& rope_;
  KvCache& cache_;
};

}  // namespace pagequest::runtime
