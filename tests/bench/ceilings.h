// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pagequest::bench {

/// What this machine can do at most, measured in the same run as the numbers beside it.

/// Multiply-adds of the widest vectors, in registers, on all `threads` at once, GFLOP/s.
[[nodiscard]] double peak_gflops(int threads);

/// Reading `bytes` over and over on all `threads` at once, each its part, GB/s: from the caches if
/// that much fits into them, else from memory.
[[nodiscard]] double peak_read_gbps(int threads, double bytes);

}  // namespace pagequest::bench
