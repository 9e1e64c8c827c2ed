// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/kernel_times.h"

#include <algorithm>
#include <cmath>

namespace pagequest::simulator {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr double kBf16Bytes = 2.0;

}  // namespace

ProductTime::ProductTime(const GpuSpec& gpu, const ProductEfficiency& kernel, double peak_flops,
                         const CostCoefficients& coefficients, double outputs, double inputs,
                         double bytes_per_weight) {
  const double bandwidth = gpu.hbm_bytes_per_s.value;
  const double tile = kernel.tile;
  const double per_output = coefficients.prefill_scale * 2.0 * inputs / (kernel.flops * peak_flops);
  floor_ = kernel.floor_us * kMicrosecond;
  read_ = coefficients.weight_read_scale * outputs * inputs * bytes_per_weight /
          (kernel.weight_read * bandwidth);
  tile_ = tile;
  compute_per_row_ = per_output * std::ceil(outputs / tile) * tile;
  tail_ = per_output * kernel.tail_outputs;
  traffic_per_token_ = (kernel.input_bytes * inputs + kernel.output_bytes * outputs) / bandwidth;
}

double ProductTime::seconds(double tokens) const {
  const double rows = tile_ > 1.0 ? std::ceil(tokens / tile_) * tile_ : tokens;
  const double compute = compute_per_row_ * rows + tail_;
  return floor_ + std::sqrt(read_ * read_ + compute * compute) + traffic_per_token_ * tokens;
}

ExpertTime::ExpertTime(const GpuSpec& gpu, const ModelSpec& model, const ProductEfficiency& kernel,
                       const CostCoefficients& coefficients, double weights)
    : experts_(model.experts) {
  constexpr double kProducts = 3.0;  // gate, up and down
  log_missed_ = std::log1p(-model.active_experts / experts_);
  floor_ = kProducts * kernel.floor_us * kMicrosecond;
  read_per_expert_ = coefficients.weight_read_scale * weights * model.bytes_per_expert_weight /
                     (kernel.weight_read * gpu.hbm_bytes_per_s.value);
  compute_per_token_ = coefficients.prefill_scale * 2.0 * weights * model.active_experts /
                       (gpu.efficiency.expert_product.value * gpu.bf16_flops.value);
}

double ExpertTime::touched(double tokens) const {
  return -experts_ * std::expm1(tokens * log_missed_);
}

double ExpertTime::seconds(double tokens) const {
  const double read = read_per_expert_ * touched(tokens);
  const double compute = compute_per_token_ * tokens;
  return floor_ + std::sqrt(read * read + compute * compute);
}

DecodeAttentionTime::DecodeAttentionTime(const GpuSpec& gpu,
                                         const DecodeAttentionEfficiency& kernel,
                                         const CostCoefficients& coefficients, double layers,
                                         double kv_heads, double bytes_per_token)
    : kv_heads_(kv_heads), free_heads_(kernel.free_heads), skew_(kernel.skew) {
  const double scale = coefficients.decode_attention_scale * layers;
  const double peak = scale * bytes_per_token / gpu.hbm_bytes_per_s.value;
  floor_ = scale * kernel.floor_us * kMicrosecond;
  per_head_ = scale * kernel.head_ns * 1e-9;
  ramp_per_read_ = peak / kernel.ramp_bandwidth;
  ramp_ = scale * kernel.ramp_us * kMicrosecond;
  full_per_read_ = peak / kernel.full_bandwidth;
  sequence_per_read_ = peak / kernel.sequence_bandwidth;
}

DecodeAttentionTime::Lines DecodeAttentionTime::lines(double sequences,
                                                      double micro_batches) const {
  const double heads = sequences / micro_batches * kv_heads_;
  const double base = floor_ + per_head_ * std::max(0.0, heads - free_heads_);
  return {.ramp = {base, ramp_per_read_ / micro_batches},
          .full = {base + ramp_, full_per_read_ / micro_batches},
          .sequence = {floor_, sequence_per_read_}};
}

double DecodeAttentionTime::Lines::seconds(double reads, double longest) const {
  return std::max(sequence.at(longest), std::min(ramp.at(reads), full.at(reads)));
}

PrefillAttentionTime::PrefillAttentionTime(const GpuSpec& gpu, const CostCoefficients& coefficients,
                                           double query_heads, double kv_heads, double head_dim) {
  constexpr double kLargeHeadDim = 128.0;
  const PrefillAttentionEfficiency& kernel = gpu.efficiency.prefill_attention;
  const double flops = head_dim >= kLargeHeadDim ? kernel.flops : kernel.flops_small;
  const double scale = coefficients.prefill_scale;
  floor_ = kernel.floor_us * kMicrosecond;
  per_pair_ = scale * 4.0 * query_heads * head_dim / (flops * gpu.bf16_flops.value);
  diagonal_keys_ = kernel.diagonal_keys;
  per_token_ = scale * kernel.token_traffic * 2.0 * (query_heads + kv_heads) * head_dim *
               kBf16Bytes / gpu.hbm_bytes_per_s.value;
}

AllReduceTime::AllReduceTime(const GpuSpec& gpu, const CostCoefficients& coefficients,
                             double gpus) {
  if (gpus < 2.0) return;
  const AllReduceEfficiency& kernel = gpu.efficiency.all_reduce;
  const double bandwidth = kernel.bandwidth * gpu.peer_link.bytes_per_s.value;
  one_shot_ = coefficients.all_reduce_us * kMicrosecond;
  one_shot_per_byte_ = (gpus - 1.0) / bandwidth;
  // A fitted latency moves both ways of computing it.
  ring_ = one_shot_ + (kernel.ring_us - kernel.one_shot_us) * kMicrosecond;
  ring_per_byte_ = 2.0 * (gpus - 1.0) / gpus / bandwidth;
}

double AllReduceTime::seconds(double bytes) const {
  return std::min(one_shot_ + one_shot_per_byte_ * bytes, ring_ + ring_per_byte_ * bytes);
}

}  // namespace pagequest::simulator
