// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulator/cost/batch_shape.h"
#include "simulator/cost/step_cost.h"
#include "simulator/event_queue.h"
#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

/// Parts of one iteration's time, in seconds.
struct IterationCost {
  double dense_products = 0.0;   // attention projections and router
  double expert_products = 0.0;  // MLP, or the experts that the batch touches
  double output_products = 0.0;  // output embedding
  double activations = 0.0;      // norms, rotary embedding, gated activation
  double decode_attention = 0.0;
  double prefill_attention = 0.0;
  double overhead = 0.0;
  [[nodiscard]] double seconds() const {
    return dense_products + expert_products + output_products + activations + decode_attention +
           prefill_attention + overhead;
  }
  [[nodiscard]] Nanoseconds nanoseconds() const;
};

/// Roofline (Williams, Waterman, Patterson, CACM 52(4), 2009) of one iteration on one GPU, kernel
/// class by kernel class, as they run one after another:
///   products  = max(weights read / bandwidth, 2 x weights x tokens / FLOP/s)
///   activations       = bytes that the kernels in between read and write / bandwidth
///   decode attention  = keys and values read / bandwidth
///   prefill attention = 4 x query heads x head_dim x pairs / FLOP/s
/// each over the share of the peak that kernels reach, plus fixed overheads a layer, an iteration
/// and a sequence. A mixture-of-experts layer reads the experts that the batch is expected to
/// touch: with uniform routing of T tokens to k of E experts, E (1 - (1 - k/E)^T).
class CostModel final : public StepCost {
 public:
  CostModel(const GpuSpec& gpu, const ModelSpec& model);

  [[nodiscard]] IterationCost cost(const BatchShape& batch) const;
  [[nodiscard]] Ticks ticks(const BatchShape& batch) const override;
  [[nodiscard]] DecodeLine decode_line(const BatchShape& batch) const override;
  /// Experts of one layer that `tokens` tokens touch.
  [[nodiscard]] double expected_experts(double tokens) const;
  /// Tokens that a sliding layer attends to at most; no layer slides: 0.
  [[nodiscard]] std::int64_t window() const override {
    return model_.sliding_layers > 0 ? model_.window : 0;
  }

 private:
  [[nodiscard]] double products(double weight_bytes, double flops, double flops_per_s) const;

  ModelSpec model_;
  double weight_bytes_per_s_;
  double product_flops_;
  double expert_flops_;
  double decode_bytes_per_s_;
  double decode_window_bytes_per_s_;
  double prefill_flops_;
  double prefill_window_flops_;
  double layers_overhead_s_;
  double iteration_overhead_s_;
  double sequence_overhead_s_;
};

}  // namespace pagequest::simulator
