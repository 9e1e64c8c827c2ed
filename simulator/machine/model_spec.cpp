// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

double ModelSpec::attention_weights_per_layer() const {
  // Query and output projections over the query heads, key and value ones over the KV heads.
  return 2.0 * hidden * head_dim * (query_heads + kv_heads);
}

double ModelSpec::expert_weights() const { return 3.0 * hidden * intermediate; }

double ModelSpec::router_weights_per_layer() const {
  return experts > 1 ? 1.0 * hidden * experts : 0.0;
}

double ModelSpec::embedding_weights() const { return 1.0 * vocabulary * hidden; }

double ModelSpec::total_weights() const {
  const double layer =
      attention_weights_per_layer() + router_weights_per_layer() + experts * expert_weights();
  return layers * layer + embedding_weights() * (tied_embeddings ? 1 : 2);
}

double ModelSpec::active_weights() const {
  const double layer = attention_weights_per_layer() + router_weights_per_layer() +
                       active_experts * expert_weights();
  return layers * layer + embedding_weights();
}

double ModelSpec::weight_bytes() const {
  const double mlp = static_cast<double>(layers) * experts * expert_weights();
  const double embeddings = embedding_weights() * (tied_embeddings ? 1 : 2);
  return mlp * bytes_per_expert_weight + embeddings * bytes_per_embedding +
         (total_weights() - mlp - embeddings) * bytes_per_weight;
}

double ModelSpec::activation_traffic_bytes(std::int32_t tp) const {
  constexpr double kBf16 = 2.0;
  const double norms = 2.0 * 4.0 * hidden;                          // read and write two vectors
  const double rotary = 2.0 * head_dim * (query_heads + kv_heads);  // read and write q and k
  const double cache = 4.0 * head_dim * kv_heads;                   // read and write k and v
  const double activation = 3.0 * intermediate * active_experts;    // read two, write one
  return layers * (norms + (rotary + cache + activation) / tp) * kBf16;
}

double ModelSpec::kv_bytes_per_layer() const {
  return 2.0 * kv_heads * head_dim * kv_bytes_per_value;
}

double ModelSpec::kv_bytes_per_token() const { return layers * kv_bytes_per_layer(); }

}  // namespace pagequest::simulator
