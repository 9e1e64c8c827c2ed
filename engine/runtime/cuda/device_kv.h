// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model_config.h"
#include "engine/ops/cuda/kernels.h"
#include "engine/runtime/cuda/gpu.h"
#include "engine/runtime/kv_groups.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Keys and values of all physical pages in a GPU's memory: the twin of runtime::KvCache. Memory is
/// (layer of a group, page, KV head of a group) blocks, all zero at first.
class DeviceKvCache {
 public:
  DeviceKvCache(const model::ModelConfig& model, const KvGroups& groups, std::int32_t pages,
                const gpu::DeviceKvLayout& layout, const gpu::Stream& stream);

  [[nodiscard]] const gpu::KvView& view() const { return view_; }
  /// Memory of one physical page.
  [[nodiscard]] std::int64_t page_bytes() const { return layers_in_group_ * view_.page_stride; }
  /// Copies whole pages; `pairs` (count, 2) of device memory: from, to.
  void copy(const std::int32_t* pairs, std::int64_t count, const gpu::Stream& stream) const;
  /// Moves rows between pages; `moves` of device memory.
  void move(const gpu::RowMove* moves, std::int64_t count, const gpu::Stream& stream) const;

 private:
  std::int64_t layers_in_group_;
  std::int64_t layer_stride_;  // bytes
  gpu::DeviceBuffer memory_;
  gpu::DeviceBuffer plane_offsets_;
  gpu::DeviceBuffer group_of_;
  gpu::KvView view_;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
