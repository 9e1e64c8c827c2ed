// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/unit/simulator/fixtures.h"

namespace pagequest::simulator::testing {

/// A GPU that reaches its peaks and has neither floors nor overheads: 1e12 B/s, 1e14 FLOP/s, links
/// of 1e11 B/s.
inline GpuSpec ideal_gpu() {
  GpuSpec gpu = h100();
  gpu.hbm_bytes_per_s.value = 1e12;
  gpu.bf16_flops.value = 1e14;
  gpu.fp8_flops.value = 2e14;
  gpu.peer_link.bytes_per_s.value = 1e11;
  gpu.peer_link.latency_us.value = 0.0;
  KernelEfficiency& e = gpu.efficiency;
  e.bf16_product = e.fp8_product = {};
  e.decode_attention = e.decode_attention_fp8 = e.decode_window_attention = {};
  e.prefill_attention = {};
  e.all_reduce = {};
  for (Figure* f : {&e.expert_product, &e.elementwise}) f->value = 1.0;
  for (Figure* f : {&e.layer_overhead_us, &e.iteration_overhead_us, &e.sequence_overhead_us}) {
    f->value = 0.0;
  }
  return gpu;
}

}  // namespace pagequest::simulator::testing
