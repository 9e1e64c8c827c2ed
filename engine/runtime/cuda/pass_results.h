// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/runtime/cuda/device_workspace.h"
#include "engine/runtime/cuda/gpu.h"
#include "engine/runtime/cuda/pass_plan.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Brings tokens, and the logits that are wanted, from the device to the chunks.
class PassResults {
 public:
  /// `vocabulary`: logits of a row.
  explicit PassResults(std::int32_t vocabulary) : vocabulary_(vocabulary) {}

  /// After the pass in the stream. The chunks of `plan` must live until finish().
  void download(const PassPlan& plan, const DeviceWorkspace& work, const gpu::Stream& stream);
  /// Blocks until they are there, and writes them where the chunks want them.
  void finish(const PassPlan& plan) const;

  [[nodiscard]] static std::int64_t bytes(const PassPlan& plan, std::int32_t vocabulary);

 private:
  std::int32_t vocabulary_;
  std::int64_t logits_stride_ = 0;
  gpu::PinnedBuffer tokens_;
  gpu::PinnedBuffer logits_;
  gpu::Event arrived_;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
