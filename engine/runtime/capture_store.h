// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/capture_layout.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime {

/// Memory for the captured attention of two batches, used in turn. It grows to the largest batch so
/// far: fresh memory every iteration would cost more than the capture itself.
class CaptureStore {
 public:
  /// `model` must outlive the store.
  CaptureStore(const model::ModelConfig& model, const CaptureOptions& options)
      : layout_(model, options) {}

  /// Gives each chunk that captures its buffers, and takes back those of the call before the last.
  void place(std::span<ForwardChunk> chunks);

 private:
  CaptureLayout layout_;
  std::array<std::vector<std::byte>, 2> memories_;
};

}  // namespace pagequest::runtime
