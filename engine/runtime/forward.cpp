// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/forward.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::runtime {

Forward::Forward(const model::Model& model, KvCache& cache, int threads)
    : config_(model.config()),
      cache_(cache),
      pool_(threads),
      rope_(config_.head_dim, config_.rope_theta),
      decoder_(model, ops::kernels_for(ops::best_isa()), rope_, cache),
      workspaces_(static_cast<std::size_t>(threads), Workspace(config_)) {}

void Forward::run(std::span<const ForwardChunk> chunks) {
  for (const ForwardChunk& chunk : chunks) rope_.reserve(chunk.first_position + chunk.rows());
  const std::vector<Tile> tiles = make_tiles(chunks, pool_.threads());
  pool_.run(static_cast<std::int64_t>(tiles.size()), [&](std::int64_t index, std::int64_t worker) {
    Workspace& work = workspaces_[static_cast<std::size_t>(worker)];
    const Tile& tile = tiles[static_cast<std::size_t>(index)];
    work.reserve(tile, config_, cache_.layout());
    decoder_.run(tile, work);
  });
}

}  // namespace pagequest::runtime
