// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulator/machine/gpu_spec.h"

namespace pagequest::simulator {

/// What an engine adds to the kernels' times and how its kernels compare with those that were
/// measured: what can be fitted to a model and an engine, beside the machine's figures.
struct CostCoefficients {
  double iteration_overhead_us = 0.0;  // scheduling, input preparation, sampling
  double sequence_overhead_us = 0.0;   // the same, for each sequence of the batch
  double layer_overhead_us = 0.0;      // the kernels between products and attention
  double all_reduce_us = 0.0;          // latency of one all-reduce of few bytes
  double weight_read_scale = 1.0;  // time of reading weights, over that of the machine's kernels
  double decode_attention_scale = 1.0;
  double prefill_scale = 1.0;  // products that compute rather than read, and prefill attention
};

/// Those of the machine's file, every scale 1.
[[nodiscard]] inline CostCoefficients machine_coefficients(const GpuSpec& gpu) {
  return {.iteration_overhead_us = gpu.efficiency.iteration_overhead_us.value,
          .sequence_overhead_us = gpu.efficiency.sequence_overhead_us.value,
          .layer_overhead_us = gpu.efficiency.layer_overhead_us.value,
          .all_reduce_us = gpu.efficiency.all_reduce.one_shot_us};
}

}  // namespace pagequest::simulator
