// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/model/model_config.h"
#include "engine/ops/cuda/views.h"
#include "engine/runtime/cuda/gpu.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// Captured attention of a pass in device memory, and where it arrives on the host. There are two
/// of each, taken in turn: the attention of one pass can be read while the next one writes, and
/// travels on a stream of its own, so that no kernel waits for it.
class DeviceCaptures {
 public:
  /// `model` must outlive the object.
  DeviceCaptures(const model::ModelConfig& model, CaptureOptions options);

  /// Gives each chunk of pass number `pass` that captures its buffers, in pinned memory of the
  /// host. Those of pass - 2 are taken back.
  void place(std::int64_t pass, std::span<ForwardChunk> chunks);
  /// Where kernels write what a placed chunk of the pass captures.
  [[nodiscard]] gpu::CaptureView view_of(std::int64_t pass, const ForwardChunk& chunk) const;

  /// Downloads that follow wait for the work that is in `kernels` so far.
  void follow(const gpu::Stream& kernels);
  /// Brings what the pass captured to the host.
  void download(std::int64_t pass);
  /// Blocks until it is there.
  void finish(std::int64_t pass) const;

  /// Of the downloads.
  [[nodiscard]] const gpu::Stream& stream() const { return stream_; }
  /// That the pass captures.
  [[nodiscard]] std::int64_t bytes(std::int64_t pass) const { return memory_of(pass).used; }

 private:
  struct Memory {
    gpu::PinnedBuffer host;
    gpu::DeviceBuffer device;
    std::int64_t used = 0;
    gpu::Event downloaded;
  };
  [[nodiscard]] Memory& memory_of(std::int64_t pass) {
    return memories_[static_cast<std::size_t>(pass % 2)];
  }
  [[nodiscard]] const Memory& memory_of(std::int64_t pass) const {
    return memories_[static_cast<std::size_t>(pass % 2)];
  }
  /// Buffers of one chunk from `base` + `used` on; counts only where `base` is null.
  [[nodiscard]] CaptureBuffers buffers_for(const ForwardChunk& chunk, std::byte* base,
                                           std::int64_t& used) const;

  const model::ModelConfig& model_;
  CaptureOptions options_;
  gpu::Stream stream_;
  gpu::Event computed_;
  std::array<Memory, 2> memories_;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
