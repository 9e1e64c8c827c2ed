// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/random_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>
#include <utility>

#include "base/rng.h"
#include "engine/ops/cpu/thread_pool.h"

namespace pagequest::model {
namespace {

using ops::PackedMatrix;
using ops::WeightType;

/// Draws matrices one after the other; each row has a stream of its own, so threads may share the
/// work.
class RandomWeights {
 public:
  RandomWeights(const ModelConfig& config, std::uint64_t seed, WeightType type)
      : config_(config),
        seed_(seed),
        type_(type == WeightType::mxfp4 ? WeightType::bf16 : type),
        expert_type_(type),
        pool_(static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U))) {}

  Weights draw() {
    const std::int64_t hidden = config_.hidden_size;
    Weights weights;
    weights.embedding = matrix(type_, config_.vocabulary, hidden);
    for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
      weights.layers.push_back(draw_layer(layer));
    }
    weights.final_norm.assign(static_cast<std::size_t>(hidden), 1.0F);
    if (!config_.tied_embeddings) weights.output = matrix(type_, config_.vocabulary, hidden);
    weights.hash = mix64(seed_);
    return weights;
  }

 private:
  LayerWeights draw_layer(std::int32_t layer) {
    const std::int64_t hidden = config_.hidden_size;
    const std::int64_t query = std::int64_t{config_.query_heads} * config_.head_dim;
    const std::int64_t key = std::int64_t{config_.kv_heads} * config_.head_dim;
    const std::vector<float> ones(static_cast<std::size_t>(hidden), 1.0F);
    const std::vector<float> head_ones(static_cast<std::size_t>(config_.head_dim), 1.0F);
    LayerWeights weights;
    weights.attention_norm = weights.feed_forward_norm = ones;
    weights.query_key_value = linear(type_, query + 2 * key, hidden, config_.attention_bias);
    weights.attention_output = linear(type_, hidden, query, config_.attention_output_bias);
    if (config_.query_key_norm) weights.query_norm = weights.key_norm = head_ones;
    if (config_.attention_sinks) weights.sinks = vector(config_.query_heads);
    if (!config_.is_sparse(layer)) {
      weights.dense = feed_forward(type_, config_.intermediate_size, /*bias=*/false);
      return weights;
    }
    const bool bias = config_.activation == Activation::clamped_swiglu;
    weights.router = linear(WeightType::f32, config_.moe.experts, hidden, bias);
    for (std::int32_t expert = 0; expert < config_.moe.experts; ++expert) {
      weights.experts.push_back(feed_forward(expert_type_, config_.moe.intermediate_size, bias));
    }
    return weights;
  }

  FeedForwardWeights feed_forward(WeightType type, std::int64_t inner, bool bias) {
    return {.gate_up = linear(type, 2 * inner, config_.hidden_size, bias),
            .down = linear(type, config_.hidden_size, inner, bias)};
  }

  LinearWeights linear(WeightType type, std::int64_t outputs, std::int64_t inputs, bool bias) {
    return {matrix(type, outputs, inputs), bias ? vector(outputs) : std::vector<float>{}};
  }

  /// Uniform in [-0.1, 0.1).
  std::vector<float> vector(std::int64_t size) {
    Rng rng(seed_, ++streams_ << 32U);
    std::vector<float> values(static_cast<std::size_t>(size));
    for (float& value : values) value = static_cast<float>(rng.uniform() - 0.5) * 0.2F;
    return values;
  }

  /// Of variance 1 / inputs, so that outputs are about as large as inputs.
  PackedMatrix matrix(WeightType type, std::int64_t outputs, std::int64_t inputs) {
    PackedMatrix packed(type, outputs, inputs);
    const std::uint64_t stream = ++streams_ << 32U;
    constexpr std::int64_t kRows = 64;
    pool_.run((outputs + kRows - 1) / kRows, [&](std::int64_t index, std::int64_t) {
      const std::int64_t end = std::min((index + 1) * kRows, outputs);
      for (std::int64_t row = index * kRows; row < end; ++row) {
        Rng rng(seed_, stream + static_cast<std::uint64_t>(row));
        type == WeightType::mxfp4 ? fill_mxfp4(packed, row, rng) : fill(packed, row, rng);
      }
    });
    return packed;
  }

  /// Four values of 16 bits from each draw, uniform, of standard deviation 1 / sqrt(inputs).
  static void fill(PackedMatrix& packed, std::int64_t row, Rng& rng) {
    const float scale = std::sqrt(3.0F / static_cast<float>(packed.inputs())) / 32768.0F;
    std::vector<float> values(static_cast<std::size_t>(packed.inputs()));
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (k % 4 == 0) bits = rng.next();
      values[k] = static_cast<float>(static_cast<std::int16_t>(bits & 0xFFFFU)) * scale;
      bits >>= 16U;
    }
    packed.set_outputs(row, values.data(), 1);
  }

  /// Random E2M1 codes have a standard deviation of about 2.8; the shared exponent brings them to
  /// the power of two next to 1 / sqrt(inputs).
  static void fill_mxfp4(PackedMatrix& packed, std::int64_t row, Rng& rng) {
    const auto inputs = static_cast<std::size_t>(packed.inputs());
    const double deviation = 2.8 * std::sqrt(static_cast<double>(inputs));
    const auto scale = static_cast<std::uint8_t>(127 - std::lround(std::log2(deviation)));
    std::vector<std::uint8_t> blocks(inputs / 2);
    for (std::uint8_t& pair : blocks) pair = static_cast<std::uint8_t>(rng.next());
    const std::vector<std::uint8_t> scales(inputs / ops::kMxfp4Group, scale);
    packed.set_mxfp4_output(row, blocks.data(), scales.data());
  }

  const ModelConfig& config_;
  std::uint64_t seed_;
  WeightType type_;
  WeightType expert_type_;
  std::uint64_t streams_ = 0;
  ops::ThreadPool pool_;
};

}  // namespace

Model random_model(const ModelConfig& config, std::uint64_t seed, WeightType type) {
  return {config, std::nullopt, RandomWeights(config, seed, type).draw()};
}

}  // namespace pagequest::model
