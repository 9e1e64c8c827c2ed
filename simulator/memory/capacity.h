// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator {

/// Where the memory of a GPU goes, in bytes, and how many pages of keys and values are left.
struct KvCapacity {
  double usable_bytes = 0.0;  // HBM x utilisation
  double weight_bytes = 0.0;
  double activation_bytes = 0.0;
  double runtime_bytes = 0.0;
  double kv_bytes = 0.0;    // what is left
  double page_bytes = 0.0;  // page_tokens x KV bytes of a token
  std::int64_t pages = 0;
};

/// Activations at the largest batch: per token the residual stream, its normed copy, queries, keys,
/// values and the gated MLP, all bf16; per sampled row the logits in f32. Throws usage_error if
/// nothing is left for keys and values. A configured number of pages is taken as it is.
[[nodiscard]] KvCapacity kv_capacity(const GpuSpec& gpu, const ModelSpec& model,
                                     const SimulationConfig& config);

}  // namespace pagequest::simulator
