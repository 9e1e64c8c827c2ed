// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/forward.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::runtime {

Forward::Forward(const model::Model& model, KvCache& cache, const EngineConfig& config)
    : config_(model.config()),
      cache_(cache),
      kernels_(ops::kernels_for(config.isa.value_or(ops::best_isa()))),
      shares_operations_(
          config.observer != nullptr ||
          (config.threads > 1 && model.weights().bytes() > config.cached_weight_bytes)),
      pool_(config.threads),
      rope_(config_),
      decoder_(model, rope_, cache) {
  const int workers = shares_operations_ ? 1 : config.threads;
  for (int worker = 0; worker < workers; ++worker) {
    workspaces_.emplace_back(config_, shares_operations_ ? config.threads : 1);
    solo_.push_back(std::make_unique<ops::ThreadPool>(1));
  }
}

void Forward::run(std::span<const ForwardChunk> chunks, const OperationWatch& watch) {
  rope_.reserve(chunks);
  if (shares_operations_) {
    run_together(chunks, watch);
  } else {
    run_tiles(chunks);
  }
}

void Forward::run_tiles(std::span<const ForwardChunk> chunks) {
  const std::vector<Tile> tiles = make_tiles(chunks, pool_.threads());
  const OperationWatch nobody(nullptr, nullptr, 0);
  pool_.run(static_cast<std::int64_t>(tiles.size()), [&](std::int64_t index, std::int64_t worker) {
    Workspace& work = workspaces_[static_cast<std::size_t>(worker)];
    const Tile& tile = tiles[static_cast<std::size_t>(index)];
    work.reserve(tile, config_, cache_.layout());
    decoder_.run(tile, {*solo_[static_cast<std::size_t>(worker)], kernels_, work.scratch}, work,
                 nobody);
  });
}

void Forward::run_together(std::span<const ForwardChunk> chunks, const OperationWatch& watch) {
  Tile tile;
  for (const ForwardChunk& chunk : chunks) {
    tile.chunks.push_back(&chunk);
    tile.rows += chunk.rows();
  }
  Workspace& work = workspaces_.front();
  work.reserve(tile, config_, cache_.layout());
  decoder_.run(tile, {pool_, kernels_, work.scratch}, work, watch);
}

}  // namespace pagequest::runtime
