// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model.h"
#include "engine/runtime/attention_layer.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/operation_watch.h"
#include "engine/runtime/rope_tables.h"
#include "engine/runtime/team.h"
#include "engine/runtime/tiles.h"
#include "engine/runtime/workspace.h"

namespace pagequest::runtime {

/// The layers of a Llama-type decoder (LLaMA, arXiv 2302.13971, section 2.2; grouped-query
/// attention as in Llama 2, arXiv 2307.09288), dense or with experts, for one tile at a time.
class Decoder {
 public:
  /// All references must outlive the object.
  Decoder(const model::Model& model, const RopeTables& rope, KvCache& cache);

  /// Writes the tile's keys and values into the cache, and its chunks' logits, next tokens and
  /// captures. `work` must have been reserved for the tile. Different tiles may run at the same
  /// time, each with a workspace and a team of its own, unless `watch` tells somebody.
  void run(const Tile& tile, const Team& team, Workspace& work, const OperationWatch& watch) const;

 private:
  /// What a tile is run with.
  struct Run {
    const Tile& tile;
    const Team& team;
    Workspace& work;
    const OperationWatch& watch;
  };
  void embed(const Run& run) const;
  void attention_block(const Run& run, std::int32_t layer) const;
  /// Moves the rows whose logits are wanted to the front; returns how many there are.
  static std::int64_t keep_wanted_rows(const Tile& tile, Workspace& work);
  /// Adds the projected output of the attention, then of the feed-forward part, to the residual.
  void feed_forward_block(const Run& run, std::int64_t rows, std::int32_t layer) const;
  void dense_feed_forward(const Run& run, std::int64_t rows, std::int32_t layer) const;
  void compute_logits(const Run& run, std::int64_t rows) const;
  /// From Workspace::logits to where the chunks want them.
  void give_logits(const Run& run) const;
  void sample_tokens(const Run& run) const;
  /// Workspace::residual to Workspace::normalised.
  void normalise(const Run& run, std::int64_t rows, std::int32_t layer,
                 const std::vector<float>& weight) const;
  /// A product of all of `rows`, as one operation.
  void project(const Run& run, OperationKind kind, std::int32_t layer,
               const model::LinearWeights& weights, const ProductRows& rows) const;

  const model::ModelConfig& config_;
  const model::Weights& weights_;
  std::vector<AttentionLayer> attention_;  // (layer)
};

}  // namespace pagequest::runtime
