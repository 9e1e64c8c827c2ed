// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/roofline_cost.h"

#include <algorithm>
#include <cmath>

#include "simulator/cost/decode_pieces.h"

namespace pagequest::simulator {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr double kBf16Bytes = 2.0;
constexpr std::int64_t kCachedSequences = 512;

}  // namespace

Nanoseconds IterationCost::nanoseconds() const {
  // At least 1 ns, so that simulated time always goes on.
  return std::max(Nanoseconds{1}, static_cast<Nanoseconds>(std::llround(seconds() * 1e9)));
}

RooflineCost::RooflineCost(const GpuSpec& gpu, const ModelSpec& model, Parallelism parallelism)
    : RooflineCost(gpu, model, parallelism, machine_coefficients(gpu)) {}

RooflineCost::RooflineCost(const GpuSpec& gpu, const ModelSpec& model, Parallelism parallelism,
                           const CostCoefficients& coefficients)
    : model_(model), parallelism_(parallelism) {
  const LayerShard part = shard(model, parallelism);
  set_products(gpu, part, coefficients);
  set_attention(gpu, part, coefficients);
  set_links(gpu, coefficients);
  set_overheads(gpu, coefficients);
  for (std::int64_t n = 0; n <= kCachedSequences; ++n) {
    decode_bases_.push_back(compute_decode_base(n));
  }
}

void RooflineCost::set_products(const GpuSpec& gpu, const LayerShard& part,
                                const CostCoefficients& c) {
  const KernelEfficiency& kernels = gpu.efficiency;
  const bool fp8 = model_.compute == ComputeFormat::fp8;
  const ProductEfficiency& kernel = fp8 ? kernels.fp8_product : kernels.bf16_product;
  const double peak = fp8 ? gpu.fp8_flops.value : gpu.bf16_flops.value;
  const double queries = part.query_heads * model_.head_dim;
  const double keys_values = 2.0 * part.kv_heads * model_.head_dim;
  const double hidden = model_.hidden;
  const double attention_bytes = model_.bytes_per_weight;
  const double mlp_bytes = model_.bytes_per_expert_weight;
  products_ = {ProductTime(gpu, kernel, peak, c, queries + keys_values, hidden, attention_bytes),
               ProductTime(gpu, kernel, peak, c, hidden, queries, attention_bytes),
               ProductTime(gpu, kernel, peak, c, 2.0 * part.intermediate, hidden, mlp_bytes),
               ProductTime(gpu, kernel, peak, c, hidden, part.intermediate, mlp_bytes)};
  experts_ = ExpertTime(gpu, model_, kernel, c, 3.0 * hidden * part.intermediate);
  // Routers and output embeddings stay bf16 in fp8 and MXFP4 checkpoints.
  const double bf16_peak = gpu.bf16_flops.value;
  router_ =
      ProductTime(gpu, kernels.bf16_product, bf16_peak, c, model_.experts, hidden, kBf16Bytes);
  output_ = ProductTime(gpu, kernels.bf16_product, bf16_peak, c, part.vocabulary, hidden,
                        model_.bytes_per_embedding);
}

void RooflineCost::set_attention(const GpuSpec& gpu, const LayerShard& part,
                                 const CostCoefficients& c) {
  const KernelEfficiency& kernels = gpu.efficiency;
  const double bytes = 2.0 * part.kv_heads * model_.head_dim * model_.kv_bytes_per_value;
  const auto& full = model_.kv_bytes_per_value < kBf16Bytes ? kernels.decode_attention_fp8
                                                            : kernels.decode_attention;
  decode_attention_ = DecodeAttentionTime(gpu, full, c, model_.full_layers(), part.kv_heads, bytes);
  decode_window_attention_ = DecodeAttentionTime(gpu, kernels.decode_window_attention, c,
                                                 model_.sliding_layers, part.kv_heads, bytes);
  prefill_attention_ =
      PrefillAttentionTime(gpu, c, part.query_heads, part.kv_heads, model_.head_dim);
}

void RooflineCost::set_links(const GpuSpec& gpu, const CostCoefficients& c) {
  all_reduce_ = AllReduceTime(gpu, c, parallelism_.tensor);
  hidden_bytes_ = model_.hidden * kBf16Bytes;
  // Stages sit on different nodes once a node is full.
  const bool one_node = parallelism_.gpus() <= gpu.gpus_per_node.value;
  const LinkSpec& link = one_node ? gpu.peer_link : gpu.network_link;
  stage_latency_ = link.latency_us.value * kMicrosecond;
  stage_per_byte_ = 1.0 / link.bytes_per_s.value;
}

void RooflineCost::set_overheads(const GpuSpec& gpu, const CostCoefficients& c) {
  activation_per_token_ = model_.activation_traffic_bytes(parallelism_.tensor) /
                          (gpu.efficiency.elementwise.value * gpu.hbm_bytes_per_s.value);
  layers_overhead_ = model_.layers * c.layer_overhead_us * kMicrosecond;
  iteration_overhead_ = c.iteration_overhead_us * kMicrosecond;
  sequence_overhead_ = c.sequence_overhead_us * kMicrosecond;
}

double RooflineCost::micro_batches(std::int64_t parts) const {
  return static_cast<double>(std::clamp<std::int64_t>(parts, 1, parallelism_.pipeline));
}

void RooflineCost::add_token_costs(IterationCost& out, double tokens, double rows,
                                   double parts) const {
  const double layers = model_.layers;
  tokens /= parts;
  rows /= parts;
  out.dense_products += layers * (products_[0].seconds(tokens) + products_[1].seconds(tokens));
  if (model_.experts > 1) {
    out.dense_products += layers * router_.seconds(tokens);
    out.expert_products += layers * experts_.seconds(tokens);
  } else {
    out.expert_products += layers * (products_[2].seconds(tokens) + products_[3].seconds(tokens));
  }
  // Every micro-batch passes the last stage, which computes this while the others wait for it.
  if (rows > 0.0) out.output_products += parallelism_.pipeline * output_.seconds(rows);
  out.activations += activation_per_token_ * tokens;
  if (parallelism_.tensor > 1) {
    out.communication += 2.0 * layers * all_reduce_.seconds(tokens * hidden_bytes_);
  }
  if (parallelism_.pipeline > 1) {
    out.communication +=
        parallelism_.pipeline * (stage_latency_ + tokens * hidden_bytes_ * stage_per_byte_);
  }
  out.overhead += layers_overhead_ + iteration_overhead_;
}

double RooflineCost::decode_seconds(const BatchShape& batch) const {
  if (batch.decode_tokens == 0) return 0.0;
  const auto sequences = static_cast<double>(batch.decode_tokens);
  const double parts = micro_batches(batch.decode_tokens);
  const auto reads = static_cast<double>(batch.decode_reads);
  const auto longest = static_cast<double>(batch.longest_decode);
  const double lag = std::max(0.0, sequences * longest - reads);
  double out = decode_attention_.lines(sequences, parts)
                   .seconds(reads + decode_attention_.skew() * lag, longest);
  if (model_.sliding_layers > 0) {
    out += decode_window_attention_.lines(sequences, parts)
               .full.at(static_cast<double>(batch.decode_window_reads));
  }
  return out;
}

IterationCost RooflineCost::cost(const BatchShape& batch) const {
  IterationCost out;
  const double parts = micro_batches(batch.tokens());
  const auto prefill = static_cast<double>(batch.prefill_tokens) / parts;
  add_token_costs(out, static_cast<double>(batch.tokens()), static_cast<double>(batch.sampled_rows),
                  parts);
  out.decode_attention = decode_seconds(batch);
  if (batch.prefill_tokens > 0) {
    out.prefill_attention =
        model_.full_layers() * prefill_attention_.seconds(batch.prefill_pairs / parts, prefill);
    out.prefill_attention +=
        model_.sliding_layers *
        prefill_attention_.seconds(batch.prefill_window_pairs / parts, prefill);
  }
  out.overhead += sequence_overhead_ * static_cast<double>(batch.sequences);
  return out;
}

Ticks RooflineCost::ticks(const BatchShape& batch) const {
  if (batch.prefill_tokens > 0) return to_ticks(cost(batch).seconds());
  return decode_line(batch).at(batch.decode_reads, batch.decode_window_reads);
}

Ticks RooflineCost::compute_decode_base(std::int64_t sequences) const {
  IterationCost out;
  const auto tokens = static_cast<double>(sequences);
  add_token_costs(out, tokens, tokens, micro_batches(sequences));
  return to_ticks(out.seconds() + sequence_overhead_ * tokens);
}

Ticks RooflineCost::decode_base(std::int64_t sequences) const {
  return sequences <= kCachedSequences ? decode_bases_[static_cast<std::size_t>(sequences)]
                                       : compute_decode_base(sequences);
}

DecodeLine RooflineCost::decode_line(const BatchShape& batch) const {
  const std::int64_t sequences = std::max<std::int64_t>(1, batch.decode_tokens);
  const double parts = micro_batches(sequences);
  const auto lines = decode_attention_.lines(static_cast<double>(sequences), parts);
  DecodeLine out = decode_piece(lines, decode_attention_.skew(), batch);
  out.base += decode_base(batch.decode_tokens);
  if (model_.sliding_layers > 0) {
    const auto window = decode_window_attention_.lines(static_cast<double>(sequences), parts).full;
    out.base += round_to_ticks(window.base);
    out.per_window_read = round_to_ticks(window.per_read);
  }
  return out;
}

}  // namespace pagequest::simulator
