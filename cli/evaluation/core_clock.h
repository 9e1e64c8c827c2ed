// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>

namespace pagequest::cli {

/// Processor time in seconds, however busy the machine is: of the calling thread, or of the
/// process.
inline double core_seconds(clockid_t clock = CLOCK_THREAD_CPUTIME_ID) {
  std::timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace pagequest::cli
