// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/model/model.h"
#include "engine/ops/cpu/rope_table.h"
#include "engine/ops/cpu/thread_pool.h"
#include "engine/runtime/decoder.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/workspace.h"

namespace pagequest::runtime {

/// A forward pass over a batch of chunks of different sequences, on all threads.
///
/// Chunks are independent of each other, given the KV cache, so the batch is cut into tiles of
/// whole chunks, and a thread takes a tile through all layers without waiting for the others. The
/// kernels give a row the same bits in any batch, so neither tiles nor threads change a result.
class Forward {
 public:
  /// `model` and `cache` must outlive the object; `threads` >= 1.
  Forward(const model::Model& model, KvCache& cache, int threads);

  /// See Decoder::run. No page may be written by one chunk and read by another.
  void run(std::span<const ForwardChunk> chunks);

 private:
  const model::ModelConfig& config_;
  const KvCache& cache_;
  ops::ThreadPool pool_;
  ops::RopeTable rope_;
  Decoder decoder_;
  std::vector<Workspace> workspaces_;  // by worker
};

}  // namespace pagequest::runtime
