// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/model/model.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/thread_pool.h"
#include "engine/runtime/decoder.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/operation_watch.h"
#include "engine/runtime/rope_tables.h"
#include "engine/runtime/workspace.h"

namespace pagequest::runtime {

/// A forward pass over a batch of chunks of different sequences, on all threads.
///
/// Where a model's weights fit into a core's caches, the batch is cut into tiles of whole chunks,
/// and a thread takes a tile through all layers without waiting for the others. Larger weights are
/// read from memory, so all threads work on one tile and share each operation, and the weights are
/// read once. With an observer they always do, as only then one operation runs at a time. The
/// kernels give a row the same bits in any batch, so neither tiles nor threads change a result.
class Forward {
 public:
  /// `model` and `cache` must outlive the object; `config` must have been resolved.
  Forward(const model::Model& model, KvCache& cache, const EngineConfig& config);

  /// See Decoder::run. No page may be written by one chunk and read by another.
  void run(std::span<const ForwardChunk> chunks, const OperationWatch& watch);

 private:
  void run_tiles(std::span<const ForwardChunk> chunks);
  void run_together(std::span<const ForwardChunk> chunks, const OperationWatch& watch);

  const model::ModelConfig& config_;
  const KvCache& cache_;
  const ops::Kernels& kernels_;
  bool shares_operations_;
  ops::ThreadPool pool_;
  std::vector<std::unique_ptr<ops::ThreadPool>> solo_;  // by worker: pools of one thread
  RopeTables rope_;
  Decoder decoder_;
  std::vector<Workspace> workspaces_;  // by worker; one where operations are shared
};

}  // namespace pagequest::runtime
