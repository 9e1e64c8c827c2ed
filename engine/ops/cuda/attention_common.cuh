// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/attention_plan.h"
#include "engine/ops/cuda/kv_read.cuh"
#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/ptx.cuh"

namespace pagequest::ops::PQ_CUDA_NS {

inline constexpr float kLog2E = 1.44269504088896340736F;
inline constexpr int kAttentionWarps = 4;
inline constexpr int kAttentionThreads = kAttentionWarps * kWarp;
inline constexpr float kNoScore = -INFINITY;

__device__ inline float warp_max(float x) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) x = fmaxf(x, __shfl_xor_sync(kAllLanes, x, step));
  return x;
}

__device__ inline float warp_sum(float x) {
#pragma unroll
  for (int step = kWarp / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAllLanes, x, step);
  return x;
}

/// 2^(x - reference), 0 for what has no score yet.
__device__ inline float exp2_below(float x, float reference) {
  return x == kNoScore ? 0.0F : exp2f(x - reference);
}

__device__ inline std::uint64_t low_bits(std::int64_t count) {
  if (count <= 0) return 0;
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// Live tokens of a page that the query at `position` sees.
__device__ inline std::uint64_t visible_tokens(const AttendedPage& page, std::int32_t position,
                                               std::int32_t window) {
  const std::int64_t offset = std::int64_t{position} - page.first_position;
  std::uint64_t visible = page.live & low_bits(offset + 1);
  if (window > 0) visible &= ~low_bits(offset + 1 - window);
  return visible;
}

__device__ inline float load_element(const RowsView& rows, std::int64_t index) {
  if (rows.element == Element::f32) return static_cast<const float*>(rows.data)[index];
  const std::uint32_t bits = static_cast<const std::uint16_t*>(rows.data)[index];
  return __uint_as_float(bits << 16);
}

__device__ inline void store_element(const RowsView& rows, std::int64_t index, float value) {
  if (rows.element == Element::f32) {
    static_cast<float*>(rows.data)[index] = value;
  } else {
    const std::uint32_t pair = pack_bf16(value, 0.0F);
    static_cast<std::uint16_t*>(rows.data)[index] = static_cast<std::uint16_t>(pair & 0xffffU);
  }
}

__device__ inline PageRange range_of(const AttentionArgs& args, int chunk, int kv_head) {
  const int group = args.kv.group_of[args.layer * args.kv.kv_heads + kv_head];
  return args.batch.ranges[chunk * args.kv.groups + group];
}

/// The logit of the sink in the units of scores, kNoScore where there is none.
__device__ inline float sink_of(const AttentionArgs& args, int query_head) {
  return args.sinks == nullptr ? kNoScore : args.sinks[query_head] * kLog2E;
}

/// Whether a listed page's column is one of the range's, whose columns ascend.
__device__ inline bool has_column(const std::int32_t* columns, const PageRange& range,
                                  std::int32_t column) {
  std::int32_t low = 0;
  std::int32_t high = range.count;
  while (low < high) {
    const std::int32_t middle = (low + high) / 2;
    if (columns[range.first + middle] < column) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < range.count && columns[range.first + low] == column;
}

void launch_prefill_attention(const AttentionArgs& args, const AttentionPlan& plan,
                              const Stream& stream);
void launch_decode_attention(const AttentionArgs& args, const AttentionPlan& plan,
                             const Stream& stream);
void launch_merge(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream);
void launch_capture(const AttentionArgs& args, const AttentionPlan& plan, const Stream& stream);

}  // namespace pagequest::ops::PQ_CUDA_NS
