// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/model/model_config.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward_chunk.h"

namespace pagequest::runtime {

/// Where the captured attention of a batch lies within one piece of memory: the token sets of all
/// chunks, then their floats. Offsets depend on the chunks only, so that memory of a device and its
/// copy on the host are laid out alike.
class CaptureLayout {
 public:
  /// `model` must outlive the layout, and the layout the buffers (CaptureBuffers::thresholds).
  CaptureLayout(const model::ModelConfig& model, const CaptureOptions& options);

  /// Memory that the chunks' captures take.
  [[nodiscard]] std::int64_t bytes(std::span<const ForwardChunk> chunks) const;

  /// (chunk): its buffers within the bytes(chunks) bytes at `memory`, which must be aligned to 8;
  /// all null for a chunk that does not capture.
  [[nodiscard]] std::vector<CaptureBuffers> place(std::span<const ForwardChunk> chunks,
                                                  std::byte* memory) const;

 private:
  /// Elements of one chunk's buffers.
  [[nodiscard]] std::int64_t sets_of(const ForwardChunk& chunk) const;
  [[nodiscard]] std::int64_t floats_of(const ForwardChunk& chunk) const;
  /// `floats` moves behind the chunk's.
  [[nodiscard]] CaptureBuffers buffers_of(const ForwardChunk& chunk, std::uint64_t* sets,
                                          float*& floats) const;

  const model::ModelConfig& model_;
  CaptureOptions options_;
  std::int64_t planes_;       // (layer, KV head)
  std::int64_t query_heads_;  // (layer, query head)
};

}  // namespace pagequest::runtime
