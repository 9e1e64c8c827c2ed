// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_key_bounds.h"

#include <cstddef>

#include "engine/ops/attended_page.h"
#include "engine/ops/cuda/kernels.h"

namespace pagequest::runtime::PQ_CUDA_NS {

DeviceKeyBounds::DeviceKeyBounds(const model::ModelConfig& model, const KvGroups& groups)
    : count_(std::int64_t{model.layers} * model.kv_heads * model.head_dim),
      page_bytes_(aligned(groups.count() * static_cast<std::int64_t>(sizeof(ops::AttendedPage)))) {}

KeyBounds DeviceKeyBounds::read(const SequenceTables& tables, std::int32_t page,
                                const DeviceKvCache& cache, const gpu::Stream& stream) {
  const std::int64_t bounds_bytes = 2 * count_ * 4;
  reserve(host_, page_bytes_ + bounds_bytes);
  reserve(device_, page_bytes_ + bounds_bytes);
  auto* pages = host_.as<ops::AttendedPage>();
  for (const kv::PageTable& table : tables.tables()) {
    const kv::PageSlot& slot = table.slots()[static_cast<std::size_t>(page)];
    *pages++ = {.live = slot.rows,
                .physical = slot.live == 0 ? 0 : slot.physical.value,
                .first_position = page * tables.page_size()};
  }
  auto* lowest = reinterpret_cast<float*>(device_.data() + page_bytes_);
  stream.to_device(device_.data(), host_.data(), page_bytes_);
  gpu::key_bounds({.kv = cache.view(),
                   .pages = device_.as<ops::AttendedPage>(),
                   .lowest = lowest,
                   .highest = lowest + count_},
                  stream);
  stream.to_host(host_.data() + page_bytes_, lowest, bounds_bytes);
  stream.synchronise();
  const auto* values = reinterpret_cast<const float*>(host_.data() + page_bytes_);
  return {.lowest = {values, values + count_}, .highest = {values + count_, values + 2 * count_}};
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
