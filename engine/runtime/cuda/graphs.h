// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "engine/runtime/cuda/gpu.h"

namespace pagequest::runtime::PQ_CUDA_NS {

/// What the kernels of a decode pass depend on beside what they read from memory.
struct DecodeShape {
  std::int32_t chunks = 0;
  std::int32_t most_pages = 0;
  bool captures = false;
  auto operator<=>(const DecodeShape&) const = default;
};

/// Decode passes as graphs, which launch a few hundred kernels at once. A shape that comes for the
/// first time runs as it is, since many come only once; the second time it is captured.
class DecodeGraphs {
 public:
  /// `work` puts a pass of the shape into the stream.
  void run(const DecodeShape& shape, const gpu::Stream& stream, const std::function<void()>& work);
  /// Forgets all: memory that the kernels use has moved.
  void clear() { graphs_.clear(); }
  [[nodiscard]] std::int64_t launches() const { return launches_; }

 private:
  std::map<DecodeShape, std::optional<gpu::Graph>> graphs_;  // none: seen once
  std::int64_t launches_ = 0;
};

}  // namespace pagequest::runtime::PQ_CUDA_NS
