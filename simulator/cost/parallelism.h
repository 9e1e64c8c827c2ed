// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

/// How one replica is spread over GPUs.
struct Parallelism {
  std::int32_t tensor = 1;    // GPUs that share every layer (TP)
  std::int32_t pipeline = 1;  // stages of consecutive layers (PP)

  [[nodiscard]] std::int32_t gpus() const { return tensor * pipeline; }
};

/// One GPU's part of a layer under tensor parallelism. KV heads that TP does not divide are
/// replicated, as in vLLM and SGLang.
struct LayerShard {
  double query_heads = 0.0;
  double kv_heads = 0.0;
  double intermediate = 0.0;
  double vocabulary = 0.0;
};

/// Throws usage_error if TP does not divide the query heads, TP and the KV heads divide neither
/// each other, or there are more stages than layers.
[[nodiscard]] LayerShard shard(const ModelSpec& model, Parallelism parallelism);

}  // namespace pagequest::simulator
