// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Between the projection and the attention: norms of queries and keys, rotation, storing. A warp
// takes one head of one row.
#include "base/check.h"
#include "engine/ops/cuda/attention_common.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr int kPairs = kMostHeadDim / (2 * kWarp);  // of a lane

/// Components i and i + head_dim / 2 of a head, for i = lane, lane + 32, ...
struct Halves {
  float first[kPairs];
  float second[kPairs];
};

__device__ inline Halves load(const float* head, int half) {
  Halves x{};
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int k = 0; k < kPairs; ++k) {
    const int i = lane + k * kWarp;
    x.first[k] = i < half ? head[i] : 0.0F;
    x.second[k] = i < half ? head[half + i] : 0.0F;
  }
  return x;
}

__device__ inline void normalise(Halves& x, const float* weight, int half, float epsilon) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float squares = 0.0F;
#pragma unroll
  for (int k = 0; k < kPairs; ++k) {
    squares += x.first[k] * x.first[k] + x.second[k] * x.second[k];
  }
  const float scale = 1.0F / sqrtf(warp_sum(squares) / static_cast<float>(2 * half) + epsilon);
#pragma unroll
  for (int k = 0; k < kPairs; ++k) {
    const int i = lane + k * kWarp;
    if (i >= half) break;
    x.first[k] *= scale * weight[i];
    x.second[k] *= scale * weight[half + i];
  }
}

__device__ inline void rotate(Halves& x, const StoreKvArgs& args, std::int32_t position, int half) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int k = 0; k < kPairs; ++k) {
    const int i = lane + k * kWarp;
    if (i >= half) break;
    const float cosine = args.cosines[std::int64_t{position} * half + i];
    const float sine = args.sines[std::int64_t{position} * half + i];
    const float a = x.first[k];
    const float b = x.second[k];
    x.first[k] = a * cosine - b * sine;
    x.second[k] = b * cosine + a * sine;
  }
}

/// The page of `position`: the last of the range that does not begin behind it.
__device__ inline AttendedPage page_of(const BatchView& batch, const PageRange& range,
                                       std::int32_t position) {
  std::int32_t low = 0;
  std::int32_t high = range.count - 1;
  while (low < high) {
    const std::int32_t middle = (low + high + 1) / 2;
    if (batch.pages[range.first + middle].first_position <= position) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return batch.pages[range.first + low];
}

/// As KvLayout::store rounds to int8: NaN scales where a component is not finite.
__device__ inline float int8_scale(const Halves& x) {
  float largest = 0.0F;
  bool finite = true;
#pragma unroll
  for (int k = 0; k < kPairs; ++k) {
    largest = fmaxf(largest, fmaxf(fabsf(x.first[k]), fabsf(x.second[k])));
    finite = finite && fabsf(x.first[k]) < INFINITY && fabsf(x.second[k]) < INFINITY;
  }
  largest = warp_max(largest);
  return __all_sync(kAllLanes, finite) != 0 ? largest : __uint_as_float(0x7fc00000U);
}

__device__ inline void store_component(const DeviceKvLayout& layout, std::byte* part, int index,
                                       float value, float by) {
  switch (layout.type) {
    case KvType::f32:
      reinterpret_cast<float*>(part)[index] = value;
      return;
    case KvType::bf16:
      reinterpret_cast<std::uint16_t*>(part)[index] =
          static_cast<std::uint16_t>(pack_bf16(value, 0.0F) & 0xffffU);
      return;
    case KvType::int8:
      reinterpret_cast<std::int8_t*>(part)[index] =
          by > 0.0F ? static_cast<std::int8_t>(__float2int_rn(value * by)) : std::int8_t{0};
      return;
  }
}

/// `part`: 0 for a key, 1 for a value.
__device__ inline void store_head(const StoreKvArgs& args, const Halves& x, int chunk, int kv_head,
                                  std::int32_t position, int part) {
  const DeviceKvLayout& layout = args.kv.layout;
  const int group = args.kv.group_of[args.layer * args.kv.kv_heads + kv_head];
  const AttendedPage page =
      page_of(args.batch, args.batch.ranges[chunk * args.kv.groups + group], position);
  std::byte* block = args.kv.memory +
                     args.kv.plane_offsets[args.layer * args.kv.kv_heads + kv_head] +
                     static_cast<std::int64_t>(page.physical) * args.kv.page_stride;
  const int slot = position - page.first_position;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float by = 0.0F;
  if (layout.type == KvType::int8) {
    const float largest = int8_scale(x);
    by = largest > 0.0F ? 127.0F / largest : 0.0F;
    auto* scales = reinterpret_cast<float*>(block + layout.scales_offset());
    if (lane == 0) scales[part * layout.page_size + slot] = largest / 127.0F;
  }
  std::byte* values = block + part * layout.values_offset();
  const int half = layout.head_dim / 2;
#pragma unroll
  for (int k = 0; k < kPairs; ++k) {
    const int i = lane + k * kWarp;
    if (i >= half) break;
    store_component(layout, values, slot * layout.head_dim + i, x.first[k], by);
    store_component(layout, values, slot * layout.head_dim + half + i, x.second[k], by);
  }
}

__device__ inline void store_query(const StoreKvArgs& args, const Halves& x, std::int64_t row,
                                   int head, const ChunkView& chunk) {
  const int half = args.kv.layout.head_dim / 2;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const std::int64_t at = row * args.queries.stride + std::int64_t{head} * 2 * half;
  const bool wanted =
      chunk.capture.last_query != nullptr && row + 1 == chunk.first_row + chunk.rows;
  const std::int64_t captured = (std::int64_t{args.layer} * args.kv.query_heads + head) * 2 * half;
#pragma unroll
  for (int k = 0; k < kPairs; ++k) {
    const int i = lane + k * kWarp;
    if (i >= half) break;
    store_element(args.queries, at + i, x.first[k]);
    store_element(args.queries, at + half + i, x.second[k]);
    if (!wanted) continue;
    chunk.capture.last_query[captured + i] = x.first[k];
    chunk.capture.last_query[captured + half + i] = x.second[k];
  }
}

/// Grid: (row, heads of all kinds / warps): only x goes beyond 65,535.
__global__ void __launch_bounds__(kAttentionThreads) store(StoreKvArgs args) {
  wait_for_previous();
  let_next_begin();
  const std::int64_t row = blockIdx.x;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int head = static_cast<int>(blockIdx.y) * kAttentionWarps + warp;
  const int number = args.batch.row_chunks[row];
  const ChunkView& chunk = args.batch.chunks[number];
  const int query_heads = args.kv.query_heads;
  const int kv_heads = args.kv.kv_heads;
  if (chunk.rows == 0 || head >= query_heads + 2 * kv_heads) return;
  const int half = args.kv.layout.head_dim / 2;
  const auto* from = static_cast<const float*>(args.query_key_value.data);
  Halves x = load(from + row * args.query_key_value.stride + std::int64_t{head} * 2 * half, half);
  const std::int32_t position =
      chunk.first_position + static_cast<std::int32_t>(row - chunk.first_row);
  if (head >= query_heads + kv_heads) {
    return store_head(args, x, number, head - query_heads - kv_heads, position, 1);
  }
  const float* weight = head < query_heads ? args.query_norm : args.key_norm;
  if (weight != nullptr) normalise(x, weight, half, args.epsilon);
  rotate(x, args, position, half);
  if (head < query_heads) return store_query(args, x, row, head, chunk);
  store_head(args, x, number, head - query_heads, position, 0);
}

}  // namespace

void store_kv(const StoreKvArgs& args, const Stream& stream) {
  PQ_CHECK(args.kv.layout.head_dim <= kMostHeadDim, "a lane holds so much of a head");
  const int heads = args.kv.query_heads + 2 * args.kv.kv_heads;
  launch(&store,
         {.grid = dim3(static_cast<unsigned>(args.batch.rows),
                       static_cast<unsigned>((heads + kAttentionWarps - 1) / kAttentionWarps)),
          .block = dim3(kAttentionThreads)},
         stream, args);
}

}  // namespace pagequest::ops::PQ_CUDA_NS
