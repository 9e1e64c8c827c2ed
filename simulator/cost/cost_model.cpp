// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/cost_model.h"

#include <algorithm>
#include <cmath>

namespace pagequest::simulator {

Nanoseconds IterationCost::nanoseconds() const {
  // At least 1 ns, so that simulated time always goes on.
  return std::max(Nanoseconds{1}, static_cast<Nanoseconds>(std::llround(seconds() * 1e9)));
}

CostModel::CostModel(const GpuSpec& gpu, const ModelSpec& model) : model_(model) {
  const KernelEfficiency& efficiency = gpu.efficiency;
  const double bytes_per_s = gpu.hbm_bytes_per_s.value;
  const bool fp8 = model.compute == ComputeFormat::fp8;
  weight_bytes_per_s_ = bytes_per_s * efficiency.weight_read.value;
  product_flops_ = fp8 ? gpu.fp8_flops.value * efficiency.fp8_product.value
                       : gpu.bf16_flops.value * efficiency.matrix_product.value;
  expert_flops_ = model.experts > 1 ? (fp8 ? gpu.fp8_flops.value : gpu.bf16_flops.value) *
                                          efficiency.expert_product.value
                                    : product_flops_;
  decode_bytes_per_s_ = bytes_per_s * efficiency.decode_attention.value;
  decode_window_bytes_per_s_ = bytes_per_s * efficiency.decode_window_attention.value;
  // Attention is computed in bf16 also where the weights' products are not.
  prefill_flops_ = gpu.bf16_flops.value * efficiency.prefill_attention.value;
  prefill_window_flops_ = gpu.bf16_flops.value * efficiency.prefill_window_attention.value;
  layers_overhead_s_ = model.layers * efficiency.layer_overhead_us.value * 1e-6;
  iteration_overhead_s_ = efficiency.iteration_overhead_us.value * 1e-6;
  sequence_overhead_s_ = efficiency.sequence_overhead_us.value * 1e-6;
}

namespace {
Ticks to_ticks(double seconds) {
  return static_cast<Ticks>(std::llround(seconds * 1e9 * static_cast<double>(kTicksPerNanosecond)));
}
}  // namespace

Ticks CostModel::ticks(const BatchShape& batch) const {
  if (batch.prefill_tokens == 0) {
    return decode_line(batch).at(batch.decode_reads, batch.decode_window_reads);
  }
  return std::max(kTicksPerNanosecond, to_ticks(cost(batch).seconds()));
}

DecodeLine CostModel::decode_line(const BatchShape& batch) const {
  BatchShape nothing_read = batch;
  nothing_read.decode_reads = nothing_read.decode_window_reads = 0;
  const double kv_bytes = model_.kv_bytes_per_layer();
  return {.base = std::max(kTicksPerNanosecond, to_ticks(cost(nothing_read).seconds())),
          .per_read = to_ticks(kv_bytes * model_.full_layers() / decode_bytes_per_s_),
          .per_window_read =
              to_ticks(kv_bytes * model_.sliding_layers / decode_window_bytes_per_s_)};
}

double CostModel::expected_experts(double tokens) const {
  const double experts = model_.experts;
  return experts * (1.0 - std::pow(1.0 - model_.active_experts / experts, tokens));
}

double CostModel::products(double weight_bytes, double flops, double flops_per_s) const {
  return std::max(weight_bytes / weight_bytes_per_s_, flops / flops_per_s);
}

IterationCost CostModel::cost(const BatchShape& batch) const {
  const auto tokens = static_cast<double>(batch.tokens());
  const auto rows = static_cast<double>(batch.sampled_rows);
  const double dense =
      model_.layers * (model_.attention_weights_per_layer() + model_.router_weights_per_layer());
  const double expert = model_.layers * model_.expert_weights();
  const double experts_read = model_.experts > 1 ? expected_experts(tokens) : 1.0;
  const double output = model_.embedding_weights();
  const double pair_flops = 4.0 * model_.query_heads * model_.head_dim;
  const double kv_bytes = model_.kv_bytes_per_layer();

  IterationCost out;
  out.dense_products =
      products(dense * model_.bytes_per_weight, 2.0 * dense * tokens, product_flops_);
  out.expert_products = products(expert * experts_read * model_.bytes_per_expert_weight,
                                 2.0 * expert * model_.active_experts * tokens, expert_flops_);
  if (batch.sampled_rows > 0) {
    out.output_products =
        products(output * model_.bytes_per_weight, 2.0 * output * rows, product_flops_);
  }
  out.activations = model_.activation_traffic_bytes() * tokens / weight_bytes_per_s_;
  out.decode_attention =
      kv_bytes *
      (model_.full_layers() * static_cast<double>(batch.decode_reads) / decode_bytes_per_s_ +
       model_.sliding_layers * static_cast<double>(batch.decode_window_reads) /
           decode_window_bytes_per_s_);
  out.prefill_attention =
      pair_flops * (model_.full_layers() * batch.prefill_pairs / prefill_flops_ +
                    model_.sliding_layers * batch.prefill_window_pairs / prefill_window_flops_);
  out.overhead = layers_overhead_s_ + iteration_overhead_s_ +
                 sequence_overhead_s_ * static_cast<double>(batch.sequences);
  return out;
}

}  // namespace pagequest::simulator
