// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_kv.h"

#include <cstddef>
#include <vector>

#include "engine/runtime/cuda/upload.h"

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

std::int64_t heads_of(const KvGroups& groups) {
  return static_cast<std::int64_t>(groups.groups().front().kv_heads.size());
}

}  // namespace

DeviceKvCache::DeviceKvCache(const model::ModelConfig& model, const KvGroups& groups,
                             std::int32_t pages, const gpu::DeviceKvLayout& layout,
                             const gpu::Stream& stream)
    : layers_in_group_(groups.planes() / heads_of(groups)),
      layer_stride_(pages * heads_of(groups) * layout.block_bytes()),
      memory_(layers_in_group_ * layer_stride_) {
  const std::int64_t heads = heads_of(groups);
  std::vector<std::int64_t> offsets;
  std::vector<std::int32_t> group_of;
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    for (std::int32_t head = 0; head < model.kv_heads; ++head) {
      const std::int64_t plane = groups.plane_of(layer, head);
      offsets.push_back(plane / heads * layer_stride_ + plane % heads * layout.block_bytes());
      group_of.push_back(groups.group_of(layer, head));
    }
  }
  plane_offsets_ = upload<std::int64_t>(offsets, stream);
  group_of_ = upload<std::int32_t>(group_of, stream);
  // Kernels read whole pages and give tokens that are not there the weight 0: they must be finite.
  stream.zero(memory_.data(), memory_.bytes());
  view_ = {.layout = layout,
           .layers = model.layers,
           .kv_heads = model.kv_heads,
           .query_heads = model.query_heads,
           .groups = groups.count(),
           .memory = memory_.data(),
           .page_stride = heads * layout.block_bytes(),
           .plane_offsets = plane_offsets_.as<std::int64_t>(),
           .group_of = group_of_.as<std::int32_t>()};
}

void DeviceKvCache::copy(const std::int32_t* pairs, std::int64_t count,
                         const gpu::Stream& stream) const {
  if (count == 0) return;
  gpu::copy_pages({.kv = view_,
                   .layers_in_group = layers_in_group_,
                   .layer_stride = layer_stride_,
                   .pairs = pairs,
                   .count = count},
                  stream);
}

void DeviceKvCache::move(const gpu::RowMove* moves, std::int64_t count,
                         const gpu::Stream& stream) const {
  if (count == 0) return;
  gpu::move_rows({.kv = view_,
                  .layers_in_group = layers_in_group_,
                  .layer_stride = layer_stride_,
                  .moves = moves,
                  .count = count},
                 stream);
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
