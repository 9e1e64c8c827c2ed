// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/model/model_config.h"
#include "engine/model/weights.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/page_reads.h"
#include "engine/runtime/rope_tables.h"
#include "engine/runtime/team.h"
#include "engine/runtime/tiles.h"

namespace pagequest::runtime {

/// Attention of one layer over the paged cache, between the projections.
class AttentionLayer {
 public:
  /// All references must outlive the object.
  AttentionLayer(const model::ModelConfig& config, const model::LayerWeights& weights,
                 std::int32_t layer, const RopeTables& rope, KvCache& cache)
      : config_(config), weights_(weights), layer_(layer), rope_(rope), cache_(cache) {}

  /// Normalises (where the family does) and rotates the tile's queries and keys in
  /// Workspace::query_key_value and stores its keys and values, the keys in their pages' boxes too.
  void store_keys(const Team& team, const Tile& tile, Workspace& work) const;

  /// Workspace::query_key_value to Workspace::attended, and the chunks' captures.
  void attend(const Team& team, const Tile& tile, Workspace& work) const;

 private:
  /// Rows of one chunk with one KV head: what one thread computes at a time.
  struct Part {
    const ForwardChunk* chunk;
    std::int64_t tile_row;   // of the chunk's first row
    std::int64_t first_row;  // of the chunk
    std::int64_t rows;
    std::int32_t kv_head;
    bool captures;
  };

  void store_row(const Team& team, const ForwardChunk& chunk, std::int64_t index, float* row) const;
  /// Takes the keys that a chunk stored into the boxes of their pages.
  void bound_pages(const Team& team, const ForwardChunk& chunk) const;
  void bound_head(const ForwardChunk& chunk, std::int32_t kv_head, std::span<float> key) const;
  /// What the rows of a part attend to, noted in ForwardChunk::tokens_read.
  [[nodiscard]] PageList pages_read(const Team& team, const Part& part, const float* queries,
                                    Scratch& scratch) const;
  void attend_part(const Team& team, const Part& part, Workspace& work, Scratch& scratch) const;
  /// Where a kernel call captures to: per page of the call.
  [[nodiscard]] ops::AttentionCapture capture_of(const Part& part, std::int64_t pages,
                                                 Scratch& scratch) const;
  /// From a kernel's pages to the listed pages of the chunk: the others have no mass.
  void scatter_capture(const Part& part, std::span<const std::int32_t> columns,
                       const ops::AttentionCapture& from) const;
  [[nodiscard]] const GroupPages& pages_of(const ForwardChunk& chunk, std::int32_t kv_head) const;

  const model::ModelConfig& config_;
  const model::LayerWeights& weights_;
  std::int32_t layer_;
  const RopeTables& rope_;
  KvCache& cache_;
};

}  // namespace pagequest::runtime
