// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model_config.h"
#include "engine/ops/cuda/cublas_lt.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/runtime/cuda/device_batch.h"
#include "engine/runtime/cuda/device_kv.h"
#include "engine/runtime/cuda/device_rope.h"
#include "engine/runtime/cuda/device_weights.h"
#include "engine/runtime/cuda/device_workspace.h"
#include "engine/runtime/cuda/pass_observer.h"
#include "engine/runtime/cuda/pass_plan.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// The kernels of a pass through the layers: the twin of runtime::Decoder.
class GpuDecoder {
 public:
  /// All references must outlive the object.
  GpuDecoder(const model::ModelConfig& model, const DeviceWeights& weights,
             const DeviceKvCache& cache, const DeviceRope& rope, const DeviceWorkspace& work,
             int multiprocessors);

  /// Puts the pass into the stream: it writes the chunks' keys and values, their captures, and
  /// logits and tokens of the plan's outputs. Of a decode pass, what is called depends only on
  /// numbers of the plan's shape.
  void run(const PassPlan& plan, const DeviceBatch& batch, const gpu::Stream& stream,
           PassObserver& observer) const;

 private:
  /// What the operations of one pass share.
  struct Pass {
    const PassPlan& plan;
    const DeviceBatch& batch;
    const gpu::Stream& stream;
    PassObserver& observer;
  };
  void embed(const Pass& pass) const;
  void attention_block(const Pass& pass, std::int32_t layer) const;
  void store_keys(const Pass& pass, std::int32_t layer, gpu::Element element) const;
  void attend(const Pass& pass, std::int32_t layer, gpu::Element element) const;
  /// Moves the rows whose logits are wanted to the front.
  void keep_outputs(const Pass& pass) const;
  /// Adds the projected output of the attention, then of the feed-forward part, to the residual.
  void feed_forward_block(const Pass& pass, std::int32_t layer, std::int64_t rows) const;
  void dense(const Pass& pass, std::int32_t layer, std::int64_t rows) const;
  void sparse(const Pass& pass, std::int32_t layer, std::int64_t rows) const;
  void route(const Pass& pass, std::int32_t layer, std::int64_t rows) const;
  void outputs(const Pass& pass) const;

  /// Residual to `normalised`; with `precise`, also to `remainder` where rounding loses something.
  void normalise(const Pass& pass, std::int32_t layer, std::int64_t rows, const float* weight,
                 gpu::Element element, bool precise = false) const;
  /// What rounding `normalised` lost, if it was rounded.
  [[nodiscard]] gpu::RowsView remainder_of(gpu::Element element) const;
  void multiply(const Pass& pass, OperationKind kind, std::int32_t layer,
                const gpu::LinearArgs& args) const;
  [[nodiscard]] gpu::Epilogue activation() const;
  [[nodiscard]] gpu::RouteArgs routing(std::int64_t rows) const;

  const model::ModelConfig& model_;
  const DeviceWeights& weights_;
  const DeviceKvCache& cache_;
  const DeviceRope& rope_;
  const DeviceWorkspace& work_;
  int multiprocessors_;
  mutable gpu::CublasLt library_;  // its choices of algorithms grow
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
