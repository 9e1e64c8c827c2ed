// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/ops/cpu/huge_buffer.h"
#include "engine/ops/cpu/thread_pool.h"

namespace pagequest::bench {

/// What this machine can do at most, measured in the same run as the numbers beside it.

/// Multiply-adds of the widest f32 vectors, in registers, on all `threads` at once, GFLOP/s.
[[nodiscard]] double peak_gflops(int threads);

/// The same of bf16 dot products; peak_gflops() where the processor or the build has none.
[[nodiscard]] double peak_bf16_gflops(int threads);

/// Reads a buffer of its own on all threads at once: from the caches if it fits into them, else
/// from memory. Parts are handed to whoever is free, so that one slow thread does not look like a
/// slow memory. The pages are as large as those of the engine's weights.
class ReadProbe {
 public:
  /// `threads` >= 1; `bytes` are rounded to whole parts.
  ReadProbe(int threads, std::int64_t bytes);

  /// GB/s of one pass over the buffer.
  [[nodiscard]] double pass();

 private:
  ops::ThreadPool pool_;
  std::int64_t part_ = 0;  // bytes
  std::int64_t parts_ = 0;
  ops::HugeBuffer data_;
  std::vector<float> results_;
};

/// The best of twenty measurements, each of at least 100 MB, GB/s.
[[nodiscard]] double peak_read_gbps(int threads, double bytes);

}  // namespace pagequest::bench
