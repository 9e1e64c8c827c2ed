// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model.h"
#include "engine/ops/cpu/rope_table.h"
#include "engine/runtime/attention_layer.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/team.h"
#include "engine/runtime/tiles.h"
#include "engine/runtime/workspace.h"

namespace pagequest::runtime {

/// The layers of a Llama-type decoder (LLaMA, arXiv 2302.13971, section 2.2; grouped-query
/// attention as in Llama 2, arXiv 2307.09288), dense or with experts, for one tile at a time.
class Decoder {
 public:
  /// All references must outlive the object.
  Decoder(const model::Model& model, const ops::RopeTable& rope, KvCache& cache);

  /// Writes the tile's keys and values into the cache, and its chunks' logits and captures. `work`
  /// must have been reserved for the tile. Different tiles may run at the same time, each with a
  /// workspace and a team of its own.
  void run(const Tile& tile, const Team& team, Workspace& work) const;

 private:
  void embed(const Tile& tile, const Team& team, Workspace& work) const;
  void attention_block(const Tile& tile, std::int32_t layer, const Team& team,
                       Workspace& work) const;
  /// Moves the rows whose logits are wanted to the front; returns how many there are.
  std::int64_t keep_wanted_rows(const Tile& tile, Workspace& work) const;
  /// Adds the projected output of the attention, then of the feed-forward part, to the residual.
  void feed_forward_block(std::int64_t rows, std::int32_t layer, const Team& team,
                          Workspace& work) const;
  void compute_logits(const Tile& tile, std::int64_t rows, const Team& team, Workspace& work) const;
  /// Workspace::residual to Workspace::normalised.
  void normalise(std::int64_t rows, const std::vector<float>& weight, const Team& team,
                 Workspace& work) const;

  const model::ModelConfig& config_;
  const model::Weights& weights_;
  std::vector<AttentionLayer> attention_;  // (layer)
};

}  // namespace pagequest::runtime
