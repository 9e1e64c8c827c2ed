// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/ops/cuda/platform.h"
#include "engine/ops/cuda/views.h"

/// Keys and values in a block of the cache (DeviceKvLayout), element type by element type.
namespace pagequest::ops::PQ_CUDA_NS {

__device__ inline const std::byte* kv_block(const KvView& kv, int layer, int kv_head,
                                            std::int32_t physical) {
  return kv.memory + kv.plane_offsets[layer * kv.kv_heads + kv_head] +
         static_cast<std::int64_t>(physical) * kv.page_stride;
}

/// Component `i` of `slot`'s key (part 0) or value (part 1), without its scale.
template <KvType kType>
__device__ inline float kv_component(const DeviceKvLayout& layout, const std::byte* block, int part,
                                     int slot, int i) {
  const std::byte* at = block + part * layout.values_offset();
  const int index = slot * layout.head_dim + i;
  if constexpr (kType == KvType::f32) {
    return reinterpret_cast<const float*>(at)[index];
  } else if constexpr (kType == KvType::bf16) {
    const std::uint32_t bits = reinterpret_cast<const std::uint16_t*>(at)[index];
    return __uint_as_float(bits << 16);
  } else {
    return static_cast<float>(reinterpret_cast<const std::int8_t*>(at)[index]);
  }
}

/// What a component of the slot is multiplied with.
template <KvType kType>
__device__ inline float kv_scale(const DeviceKvLayout& layout, const std::byte* block, int part,
                                 int slot) {
  if constexpr (kType == KvType::int8) {
    const auto* scales = reinterpret_cast<const float*>(block + layout.scales_offset());
    return scales[part * layout.page_size + slot];
  } else {
    return 1.0F;
  }
}

/// Eight neighbouring components of a key from `i` on, a multiple of 8.
template <KvType kType>
__device__ inline void load_key_8(const DeviceKvLayout& layout, const std::byte* block, int slot,
                                  int i, float (&out)[8]) {
  const int index = slot * layout.head_dim + i;
  if constexpr (kType == KvType::f32) {
    const auto* at = reinterpret_cast<const float4*>(reinterpret_cast<const float*>(block) + index);
    const float4 low = at[0];
    const float4 high = at[1];
    out[0] = low.x, out[1] = low.y, out[2] = low.z, out[3] = low.w;
    out[4] = high.x, out[5] = high.y, out[6] = high.z, out[7] = high.w;
  } else if constexpr (kType == KvType::bf16) {
    const uint4 raw =
        *reinterpret_cast<const uint4*>(reinterpret_cast<const std::uint16_t*>(block) + index);
    const std::uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      out[2 * k] = __uint_as_float(words[k] << 16);
      out[2 * k + 1] = __uint_as_float(words[k] & 0xffff0000U);
    }
  } else {
    const uint2 raw =
        *reinterpret_cast<const uint2*>(reinterpret_cast<const std::int8_t*>(block) + index);
    const std::uint32_t words[2] = {raw.x, raw.y};
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      out[k] = static_cast<float>(static_cast<std::int8_t>(words[k / 4] >> (8 * (k % 4)) & 0xffU));
    }
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
