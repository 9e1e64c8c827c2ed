// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime {

/// Memory for the captured attention of one batch. It grows to the largest batch so far: fresh
/// memory every iteration would cost more than the capture itself.
class CaptureStore {
 public:
  /// `model` must outlive the store.
  CaptureStore(const model::ModelConfig& model, const CaptureOptions& options);

  /// Gives each chunk that captures its buffers, and takes those of the batch before back.
  void place(std::span<ForwardChunk> chunks);

 private:
  /// The buffers of one chunk, behind what `floats` and `sets` already count.
  struct Cursor {
    float* floats = nullptr;
    std::uint64_t* sets = nullptr;
    std::int64_t float_count = 0;
    std::int64_t set_count = 0;
    float* take_floats(std::int64_t count);
    std::uint64_t* take_sets(std::int64_t count);
  };
  [[nodiscard]] CaptureBuffers buffers_for(const ForwardChunk& chunk, Cursor& cursor) const;

  const model::ModelConfig& model_;
  CaptureOptions options_;
  std::vector<float> floats_;
  std::vector<std::uint64_t> sets_;
};

}  // namespace pagequest::runtime
