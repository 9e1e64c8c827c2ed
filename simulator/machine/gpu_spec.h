// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "simulator/machine/figure.h"

namespace pagequest::simulator {

/// Share of a peak that real kernels reach, and what they cost beyond it: the coefficients of
/// cost/cost_model.h, fitted to measurements (docs/simulator.md).
struct KernelEfficiency {
  Figure weight_read;       // share of the memory bandwidth when a batch is too small to compute
  Figure matrix_product;    // share of the FLOP/s when it is large
  Figure fp8_product;       // the same, of the fp8 FLOP/s
  Figure expert_product;    // the same, of a mixture-of-experts layer's experts
  Figure decode_attention;  // share of the memory bandwidth, layers with full attention
  Figure decode_window_attention;   // the same, layers with a sliding window
  Figure prefill_attention;         // share of the FLOP/s, layers with full attention
  Figure prefill_window_attention;  // the same, layers with a sliding window
  Figure layer_overhead_us;         // a layer's kernels when they have next to nothing to do
  Figure iteration_overhead_us;     // scheduling, input preparation and sampling of a batch
  Figure sequence_overhead_us;      // the same, for each sequence of the batch
};

/// One GPU, of the catalog or of a user's file.
struct GpuSpec {
  std::string name;
  std::string description;
  Figure hbm_bytes;
  Figure hbm_bytes_per_s;
  Figure bf16_flops;  // dense, a second
  Figure fp8_flops;
  /// Memory that the driver, the libraries and captured graphs hold beside weights and activations.
  Figure runtime_bytes;
  KernelEfficiency efficiency;
};

}  // namespace pagequest::simulator
