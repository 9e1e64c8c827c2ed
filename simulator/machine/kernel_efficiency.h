// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "simulator/machine/figure.h"

namespace pagequest::simulator {

/// A matrix product of m tokens with an n x k weight matrix takes
///   floor + sqrt(read^2 + compute^2) + m (input_bytes k + output_bytes n) / bandwidth
///   read    = weight bytes / (weight_read x bandwidth)
///   compute = 2 k (m' n' + tail_outputs) / (flops x peak), m' and n' rounded up to whole tiles.
struct ProductEfficiency {
  double floor_us = 0.0;
  double weight_read = 1.0;   // share of the memory bandwidth
  double flops = 1.0;         // share of the peak of the number format
  double input_bytes = 0.0;   // traffic of one input value: reading, quantising, writing
  double output_bytes = 0.0;  // the same, of one output value
  std::int32_t tile = 1;      // rows and columns of an output tile; 1: no rounding
  double tail_outputs = 0.0;  // outputs' worth of time in which the multiprocessors are not full
  std::string source;
};

/// Decode attention of one layer over `bytes` of keys and values takes
///   floor + head_ns x (sequences x KV heads - free_heads, if positive)
///         + min(bytes / ramp_bandwidth, ramp_us + bytes / full_bandwidth)
/// and no less than floor + bytes of the longest sequence / sequence_bandwidth; bandwidths are
/// shares of the memory's. A kernel that waits for the longest sequence reads as if each sequence
/// were longer by `skew` times what it lacks to the longest.
struct DecodeAttentionEfficiency {
  double floor_us = 0.0;
  double head_ns = 0.0;
  double free_heads = 0.0;
  double ramp_bandwidth = 1.0;
  double ramp_us = 0.0;
  double full_bandwidth = 1.0;
  double sequence_bandwidth = 1.0;
  double skew = 0.0;
  std::string source;
};

/// Prefill attention of one layer takes
///   floor + 4 query heads x head_dim x (pairs + diagonal_keys x tokens) / (flops x bf16 peak)
///         + token_traffic x (queries, keys, values and outputs of the tokens, bf16) / bandwidth.
struct PrefillAttentionEfficiency {
  double floor_us = 0.0;
  double flops = 1.0;          // share of the peak, head_dim of 128 or more
  double flops_small = 1.0;    // the same, smaller head_dim
  double diagonal_keys = 0.0;  // keys that a tile computes in vain, for each row
  double token_traffic = 0.0;
  std::string source;
};

/// All-reduce of x bytes over p GPUs takes the lesser of
///   one_shot_us + (p - 1) x / (bandwidth x link)        every GPU reads all others' values
///   ring_us + 2 (p - 1) / p x / (bandwidth x link)      reduce-scatter and all-gather
struct AllReduceEfficiency {
  double one_shot_us = 0.0;
  double ring_us = 0.0;
  double bandwidth = 1.0;  // share of the link's, one direction
  std::string source;
};

/// What real kernels reach and what they cost beyond it: the coefficients of
/// cost/roofline_cost.h, fitted to measurements (docs/simulator.md).
struct KernelEfficiency {
  ProductEfficiency bf16_product;
  ProductEfficiency fp8_product;
  /// Share of the bf16 FLOP/s that a mixture of experts reaches, whatever its weights' format: the
  /// measured block-scaled fp8 and MXFP4 experts came out alike.
  Figure expert_product;
  DecodeAttentionEfficiency decode_attention;         // full attention, bf16 keys and values
  DecodeAttentionEfficiency decode_attention_fp8;     // full attention, fp8 ones
  DecodeAttentionEfficiency decode_window_attention;  // layers with a sliding window
  PrefillAttentionEfficiency prefill_attention;
  AllReduceEfficiency all_reduce;
  Figure elementwise;            // share of the memory bandwidth of the kernels in between
  Figure layer_overhead_us;      // the same kernels when they have next to nothing to do
  Figure iteration_overhead_us;  // scheduling, input preparation and sampling of a batch
  Figure sequence_overhead_us;   // the same, for each sequence of the batch
};

}  // namespace pagequest::simulator
