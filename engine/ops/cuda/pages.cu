// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/attention_common.cuh"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

constexpr unsigned kCopyThreads = 256;
constexpr unsigned kCopyBlocks = 8;  // of one page and layer

/// Grid: (part, layer of a group, pair).
__global__ void __launch_bounds__(kCopyThreads) copy_kernel(CopyPagesArgs args) {
  wait_for_previous();
  let_next_begin();
  std::byte* layer = args.kv.memory + blockIdx.y * args.layer_stride;
  const std::int32_t* pair = args.pairs + 2 * std::int64_t{blockIdx.z};
  const auto* from = reinterpret_cast<const uint4*>(layer + pair[0] * args.kv.page_stride);
  auto* to = reinterpret_cast<uint4*>(layer + pair[1] * args.kv.page_stride);
  const std::int64_t count = args.kv.page_stride / static_cast<std::int64_t>(sizeof(uint4));
  const std::int64_t step = std::int64_t{kCopyBlocks} * kCopyThreads;
  for (std::int64_t i = blockIdx.x * kCopyThreads + threadIdx.x; i < count; i += step) {
    to[i] = from[i];
  }
}

/// One key or value as it is stored, by a warp. Eight components are at least eight bytes.
__device__ inline void copy_row(const DeviceKvLayout& layout, const std::byte* from, int from_row,
                                std::byte* to, int to_row) {
  const int words = static_cast<int>(layout.head_dim * layout.element_bytes() / 8);
  const auto* old_row = reinterpret_cast<const uint2*>(from) + from_row * words;
  auto* row = reinterpret_cast<uint2*>(to) + to_row * words;
  for (int i = static_cast<int>(threadIdx.x) % kWarp; i < words; i += kWarp) row[i] = old_row[i];
}

__device__ inline void copy_scale(const DeviceKvLayout& layout, const std::byte* from, int from_row,
                                  std::byte* to, int to_row) {
  const auto part = static_cast<int>(threadIdx.x) % kWarp;
  if (layout.type != KvType::int8 || part > 1) return;
  const auto* old_scales = reinterpret_cast<const float*>(from + layout.scales_offset());
  auto* scales = reinterpret_cast<float*>(to + layout.scales_offset());
  scales[part * layout.page_size + to_row] = old_scales[part * layout.page_size + from_row];
}

/// Grid: (move, layer of a group, KV head of a group); the warps take rows in turn.
__global__ void __launch_bounds__(kCopyThreads) move_kernel(MoveRowsArgs args) {
  wait_for_previous();
  let_next_begin();
  const DeviceKvLayout& layout = args.kv.layout;
  const RowMove move = args.moves[blockIdx.x];
  std::byte* plane =
      args.kv.memory + blockIdx.y * args.layer_stride + blockIdx.z * layout.block_bytes();
  const std::byte* from = plane + move.from * args.kv.page_stride;
  std::byte* to = plane + move.to * args.kv.page_stride;
  constexpr unsigned kWarps = kCopyThreads / kWarp;
  unsigned number = 0;
  std::uint64_t to_rows = move.to_rows;
  for (std::uint64_t rows = move.from_rows; rows != 0; rows &= rows - 1, to_rows &= to_rows - 1) {
    if (number++ % kWarps != threadIdx.x / kWarp) continue;
    const int from_row = __ffsll(static_cast<long long>(rows)) - 1;
    const int to_row = __ffsll(static_cast<long long>(to_rows)) - 1;
    copy_row(layout, from, from_row, to, to_row);
    copy_row(layout, from + layout.values_offset(), from_row, to + layout.values_offset(), to_row);
    copy_scale(layout, from, from_row, to, to_row);
  }
}

/// Grid: (KV head, layer); a thread for each component.
template <KvType kType>
__global__ void bounds_kernel(KeyBoundsArgs args) {
  wait_for_previous();
  let_next_begin();
  const int layer = static_cast<int>(blockIdx.y);
  const int head = static_cast<int>(blockIdx.x);
  const int plane = layer * args.kv.kv_heads + head;
  const AttendedPage page = args.pages[args.kv.group_of[plane]];
  const std::byte* block = kv_block(args.kv, layer, head, page.live == 0 ? 0 : page.physical);
  const int head_dim = args.kv.layout.head_dim;
  for (int i = static_cast<int>(threadIdx.x); i < head_dim; i += static_cast<int>(blockDim.x)) {
    float lowest = page.live == 0 ? 0.0F : INFINITY;
    float highest = -lowest;
    for (std::uint64_t left = page.live; left != 0; left &= left - 1) {
      const int slot = __ffsll(static_cast<long long>(left)) - 1;
      const float key = kv_component<kType>(args.kv.layout, block, 0, slot, i) *
                        kv_scale<kType>(args.kv.layout, block, 0, slot);
      lowest = fminf(lowest, key);
      highest = fmaxf(highest, key);
    }
    args.lowest[std::int64_t{plane} * head_dim + i] = lowest;
    args.highest[std::int64_t{plane} * head_dim + i] = page.live == 0 ? 0.0F : highest;
  }
}

}  // namespace

void copy_pages(const CopyPagesArgs& args, const Stream& stream) {
  launch(&copy_kernel,
         {.grid = dim3(kCopyBlocks, static_cast<unsigned>(args.layers_in_group),
                       static_cast<unsigned>(args.count)),
          .block = dim3(kCopyThreads)},
         stream, args);
}

void move_rows(const MoveRowsArgs& args, const Stream& stream) {
  const std::int64_t heads = args.kv.page_stride / args.kv.layout.block_bytes();
  launch(&move_kernel,
         {.grid = dim3(static_cast<unsigned>(args.count),
                       static_cast<unsigned>(args.layers_in_group), static_cast<unsigned>(heads)),
          .block = dim3(kCopyThreads)},
         stream, args);
}

void key_bounds(const KeyBoundsArgs& args, const Stream& stream) {
  const LaunchShape shape{
      .grid = dim3(static_cast<unsigned>(args.kv.kv_heads), static_cast<unsigned>(args.kv.layers)),
      .block = dim3(kAttentionThreads)};
  switch (args.kv.layout.type) {
    case KvType::f32:
      return launch(&bounds_kernel<KvType::f32>, shape, stream, args);
    case KvType::bf16:
      return launch(&bounds_kernel<KvType::bf16>, shape, stream, args);
    case KvType::int8:
      return launch(&bounds_kernel<KvType::int8>, shape, stream, args);
  }
}

}  // namespace pagequest::ops::PQ_CUDA_NS
