// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace pagequest::simulator {

/// Number format in which the matrix products are computed.
enum class ComputeFormat : std::uint8_t { bf16, fp8 };

/// Shape of a served transformer: the figures of its public configuration, and what follows.
struct ModelSpec {
  std::string name;
  std::string description;
  std::string source;  // of the shape
  std::int32_t layers = 0;
  std::int32_t sliding_layers = 0;  // of `layers`; they attend to the last `window` tokens
  std::int32_t window = 0;          // tokens
  std::int32_t hidden = 0;
  std::int32_t query_heads = 0;
  std::int32_t kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int32_t intermediate = 0;  // of the MLP or of one expert; gated: three matrices
  std::int32_t experts = 1;       // 1: a dense model
  std::int32_t active_experts = 1;
  std::int32_t vocabulary = 0;
  bool tied_embeddings = false;
  double bytes_per_weight = 2.0;         // attention, router
  double bytes_per_expert_weight = 2.0;  // MLP
  double bytes_per_embedding = 2.0;      // input and output embedding
  std::string weight_format_source;
  double kv_bytes_per_value = 2.0;
  ComputeFormat compute = ComputeFormat::bf16;

  [[nodiscard]] std::int32_t full_layers() const { return layers - sliding_layers; }
  /// Weights, not bytes. Biases and norms (less than 0.1 % of the weights) are left out.
  [[nodiscard]] double attention_weights_per_layer() const;
  [[nodiscard]] double expert_weights() const;  // one expert of one layer
  [[nodiscard]] double router_weights_per_layer() const;
  [[nodiscard]] double embedding_weights() const;  // one vocabulary x hidden matrix
  [[nodiscard]] double total_weights() const;
  /// Weights that one token is multiplied with, the input embedding left out (it is a look-up).
  [[nodiscard]] double active_weights() const;
  [[nodiscard]] double weight_bytes() const;
  /// What the kernels between the matrix products read and write for one token, in bf16: two fused
  /// residual additions with norms, rotary embedding, cache write and the gated activation; on one
  /// of `tp` GPUs, each of which computes the norms itself.
  [[nodiscard]] double activation_traffic_bytes(std::int32_t tp = 1) const;
  /// Keys and values of one token in one layer.
  [[nodiscard]] double kv_bytes_per_layer() const;
  /// Keys and values of one token in all layers, as in an engine whose pages span all layers:
  /// sliding layers keep their tokens too.
  [[nodiscard]] double kv_bytes_per_token() const;
};

}  // namespace pagequest::simulator
