// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/bench/gpu_data.h"
#include "engine/bench/gpu_timing.h"
#include "engine/ops/cuda/kernels.h"

namespace pagequest::bench::PQ_CUDA_NS {

/// Sequences of equal length in one layer, keys and values in bf16.
struct AttentionShape {
  std::int32_t sequences = 1;
  std::int32_t context = 1;  // tokens of each, those of the batch included
  std::int32_t rows = 1;     // of each sequence in the batch: 1 to decode, `context` to prefill
  std::int32_t query_heads = 1;
  std::int32_t kv_heads = 1;
  std::int32_t head_dim = 128;
  std::int32_t page_size = 32;
};

/// The attention kernels alone, over random keys and values whose pages lie in random order.
class AttentionCase {
 public:
  AttentionCase(const AttentionShape& shape, int multiprocessors, const gpu::Stream& stream);

  /// Puts one pass into the stream; `capture`: with the masses of the pages, one row a sequence.
  void run(bool capture, const gpu::Stream& stream) const;

  /// Of keys and values: each is read once by a decode.
  [[nodiscard]] double bytes() const;
  /// Of scores and outputs, a multiply-add being two; the causal half only.
  [[nodiscard]] double flops() const;
  /// Throws device_error unless outputs and masses are finite.
  void check(const gpu::Stream& stream) const;

 private:
  void place_pages(const gpu::Stream& stream);
  void place_chunks(const gpu::Stream& stream);

  [[nodiscard]] std::int64_t pages_each() const;

  AttentionShape shape_;
  int multiprocessors_;
  gpu::KvView kv_;
  gpu::BatchView batch_;
  gpu::DeviceBuffer memory_, plane_offsets_, group_of_;
  gpu::DeviceBuffer plain_chunks_, capture_chunks_, tokens_, row_chunks_, ranges_, pages_, columns_;
  gpu::DeviceBuffer masses_, shares_, queries_, out_, scratch_;
};

struct AttentionSpeed {
  double plain_s = 0.0;
  double capture_s = 0.0;
  double bytes = 0.0;
  double flops = 0.0;

  [[nodiscard]] double capture_overhead() const { return capture_s / plain_s - 1.0; }
};

[[nodiscard]] AttentionSpeed attention_speed(const AttentionShape& shape, const Repeats& repeats);

}  // namespace pagequest::bench::PQ_CUDA_NS
