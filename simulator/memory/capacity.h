// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/machine/gpu_spec.h"
#include "simulator/machine/model_spec.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator {

/// Where the memory of each GPU of a replica goes, in bytes, and how many pages of keys and values
/// the replica has.
struct KvCapacity {
  double usable_bytes = 0.0;  // HBM x utilisation
  double weight_bytes = 0.0;
  double activation_bytes = 0.0;
  double runtime_bytes = 0.0;
  double window_bytes = 0.0;    // set aside for the windows of sliding layers
  double kv_bytes = 0.0;        // what is left
  double page_bytes = 0.0;      // of a page, in all GPUs of the replica
  double gpu_page_bytes = 0.0;  // its part in each GPU; KV heads that TP doesn't divide are copied
  double sliding_waste = 0.0;  // share of gpu_page_bytes that sliding layers never read again, of a
                               // long sequence
  std::int64_t pages = 0;
};

/// Activations at the largest batch: per token the residual stream, its normed copy, queries, keys,
/// values and the gated MLP, all bf16; per sampled row the logits in f32. Throws usage_error if
/// nothing is left for keys and values, saying by how much, or if the model can't be spread over
/// the GPUs. A configured number of pages is taken as it is.
[[nodiscard]] KvCapacity kv_capacity(const GpuSpec& gpu, const ModelSpec& model,
                                     const SimulationConfig& config);

}  // namespace pagequest::simulator
