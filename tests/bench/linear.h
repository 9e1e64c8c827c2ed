// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace pagequest::bench {

struct LinearTiming {
  std::int64_t rows;
  std::int64_t inputs;
  std::int64_t outputs;
  double packed_gflops;    // the engine's kernel
  double openblas_gflops;  // cblas_sgemm on the checkpoint's layout, one thread
};

/// One thread, weights in the cache, best of many.
[[nodiscard]] std::vector<LinearTiming> time_linear(std::int64_t inputs, std::int64_t outputs,
                                                    const std::vector<std::int64_t>& row_counts);

}  // namespace pagequest::bench
