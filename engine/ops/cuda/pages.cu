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
