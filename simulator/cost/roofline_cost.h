// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "simulator/cost/batch_shape.h"
#include "simulator/cost/kernel_times.h"
#include "simulator/cost/parallelism.h"
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
  double communication = 0.0;  // all-reduces, hand-over between pipeline stages
  double overhead = 0.0;
  [[nodiscard]] double seconds() const {
    return dense_products + expert_products + output_products + activations + decode_attention +
           prefill_attention + communication + overhead;
  }
  [[nodiscard]] Nanoseconds nanoseconds() const;
};

/// One iteration, kernel class by kernel class as they run one after another: a roofline (Williams,
/// Waterman, Patterson, CACM 52(4), 2009) with floors and saturation (machine/kernel_efficiency.h).
///
/// Tensor parallelism divides weights, heads, keys and values, and FLOPs over the GPUs, and adds
/// two all-reduces of the hidden state a layer. Pipeline parallelism of p stages is taken in its
/// steady state: p micro-batches, each of 1/p of the batch, are in flight, one in each stage. An
/// iteration, in which every sequence of the batch gets its token, is then p stage times of one
/// micro-batch: every layer once, weights read once, with 1/p of the tokens, reads and pairs; the
/// last stage, which also computes the output layer, sets the pace. Left out: bubbles when the
/// batch changes, and stages of unequal length. A batch of fewer than p sequences has micro-batches
/// of one; scheduling of one micro-batch is hidden behind the others, so it is paid once.
class RooflineCost final : public StepCost {
 public:
  /// Throws usage_error if the model can't be spread like that.
  RooflineCost(const GpuSpec& gpu, const ModelSpec& model, Parallelism parallelism = {});
  RooflineCost(const GpuSpec& gpu, const ModelSpec& model, Parallelism parallelism,
               const CostCoefficients& coefficients);

  /// The breakdown of ticks(), equal to it but for rounding.
  [[nodiscard]] IterationCost cost(const BatchShape& batch) const;
  [[nodiscard]] Ticks ticks(const BatchShape& batch) const override;
  [[nodiscard]] DecodeLine decode_line(const BatchShape& batch) const override;
  /// Experts of one layer that `tokens` tokens touch.
  [[nodiscard]] double expected_experts(double tokens) const { return experts_.touched(tokens); }
  [[nodiscard]] std::int64_t window() const override {
    return model_.sliding_layers > 0 ? model_.window : 0;
  }

 private:
  void set_products(const GpuSpec& gpu, const LayerShard& part, const CostCoefficients& c);
  void set_attention(const GpuSpec& gpu, const LayerShard& part, const CostCoefficients& c);
  void set_links(const GpuSpec& gpu, const CostCoefficients& c);
  void set_overheads(const GpuSpec& gpu, const CostCoefficients& c);
  [[nodiscard]] double micro_batches(std::int64_t parts) const;
  /// All but attention, of a batch of `tokens`, `rows` of which are sampled.
  void add_token_costs(IterationCost& out, double tokens, double rows, double parts) const;
  [[nodiscard]] double decode_seconds(const BatchShape& batch) const;
  [[nodiscard]] Ticks decode_base(std::int64_t sequences) const;
  [[nodiscard]] Ticks compute_decode_base(std::int64_t sequences) const;

  ModelSpec model_;
  Parallelism parallelism_;
  std::array<ProductTime, 4> products_;  // query-key-value, attention output, up, down
  ProductTime router_;
  ProductTime output_;
  ExpertTime experts_;
  DecodeAttentionTime decode_attention_;
  DecodeAttentionTime decode_window_attention_;
  PrefillAttentionTime prefill_attention_;
  AllReduceTime all_reduce_;
  double activation_per_token_ = 0.0;  // of all layers
  double hidden_bytes_ = 0.0;          // of one token
  double stage_latency_ = 0.0;
  double stage_per_byte_ = 0.0;
  double layers_overhead_ = 0.0;
  double iteration_overhead_ = 0.0;
  double sequence_overhead_ = 0.0;
  std::vector<Ticks> decode_bases_;  // of 0, 1, 2, ... sequences
};

}  // namespace pagequest::simulator
