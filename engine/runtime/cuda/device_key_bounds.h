// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model_config.h"
#include "engine/runtime/cuda/device_kv.h"
#include "engine/runtime/cuda/gpu.h"
#include "engine/runtime/key_bounds.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/sequence_tables.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Reads the bounds of a page's keys from device memory.
class DeviceKeyBounds {
 public:
  DeviceKeyBounds(const model::ModelConfig& model, const KvGroups& groups);

  /// See runtime::KeyBounds. Blocks until the work of the stream is done.
  [[nodiscard]] KeyBounds read(const SequenceTables& tables, std::int32_t page,
                               const DeviceKvCache& cache, const gpu::Stream& stream);

 private:
  std::int64_t count_;       // floats of lowest, and of highest
  std::int64_t page_bytes_;  // of the description of a page in all groups
  gpu::PinnedBuffer host_;   // pages, then bounds
  gpu::DeviceBuffer device_;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
