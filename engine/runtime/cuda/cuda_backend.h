// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/model/model.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/cuda/device_batch.h"
#include "engine/runtime/cuda/device_captures.h"
#include "engine/runtime/cuda/device_key_bounds.h"
#include "engine/runtime/cuda/device_kv.h"
#include "engine/runtime/cuda/device_rope.h"
#include "engine/runtime/cuda/device_weights.h"
#include "engine/runtime/cuda/device_workspace.h"
#include "engine/runtime/cuda/gpu_decoder.h"
#include "engine/runtime/cuda/graphs.h"
#include "engine/runtime/cuda/pass_observer.h"
#include "engine/runtime/cuda/pass_plan.h"
#include "engine/runtime/cuda/pass_results.h"
#include "engine/runtime/operation_costs.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Forward passes on a GPU. begin() puts all of a pass into one stream and returns; the host waits
/// in finish_tokens() for a few numbers, while captured attention follows on a second stream beside
/// the kernels of the next pass.
class CudaBackend final : public Backend {
 public:
  /// All references must outlive the backend. `pages`: physical ones.
  CudaBackend(const model::Model& model, const EngineConfig& config, const KvGroups& groups,
              std::int32_t pages);

  [[nodiscard]] std::int64_t page_bytes() const override { return cache_.page_bytes(); }
  void place_captures(std::span<ForwardChunk> chunks) override;
  void begin(std::int64_t iteration, const PageTransfers& transfers,
             std::span<const ForwardChunk> chunks) override;
  void finish_tokens() override;
  void finish_captures() override;
  [[nodiscard]] KeyBounds key_bounds(const SequenceTables& tables, std::int32_t page) override;

  /// Passes that ran as graphs.
  [[nodiscard]] std::int64_t graph_launches() const { return graphs_.launches(); }

 private:
  /// Makes room for a pass of the plan; graphs that knew the old memory are forgotten.
  void reserve(std::span<const ForwardChunk> chunks);
  void upload(const PageTransfers& transfers);
  void transfer(const PageTransfers& transfers);
  void compute();
  void download();

  const model::ModelConfig& model_;
  int multiprocessors_;
  gpu::Stream stream_;
  DeviceWeights weights_;
  DeviceKvCache cache_;
  DeviceRope rope_;
  DeviceWorkspace work_;
  DeviceBatch batch_;
  DeviceCaptures captures_;
  DeviceKeyBounds key_bounds_;
  PassResults results_;
  OperationCosts costs_;
  PassObserver observer_;
  DecodeGraphs graphs_;
  GpuDecoder decoder_;
  PassPlan plan_;
  // Passes by number, from 0 on: how many began, had their tokens read and their captures read.
  std::int64_t begun_ = 0;
  std::int64_t answered_ = 0;
  std::int64_t captured_ = 0;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
