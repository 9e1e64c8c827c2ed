// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pagequest::bench {

/// What this machine can do at most, measured in the same run as the numbers beside it.
struct Ceilings {
  double gflops_one_thread = 0.0;     // multiply-adds of the widest vectors, in registers
  double gflops_all_threads = 0.0;    // the same, all threads at once
  double read_gbps_one_thread = 0.0;  // sum of an array far larger than the caches
  double read_gbps_all_threads = 0.0;
};

[[nodiscard]] Ceilings measure_ceilings(int threads);

}  // namespace pagequest::bench
