// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/own_time.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <tuple>

namespace pagequest::analyzer {
namespace {

/// A trace's numbers may be anything.
std::int64_t end_of(const traces::KernelRun& run) {
  std::int64_t end = 0;
  const bool is_too_late =
      __builtin_add_overflow(run.start_ns, std::max<std::int64_t>(0, run.duration_ns), &end);
  return is_too_late ? std::numeric_limits<std::int64_t>::max() : end;
}

std::vector<std::size_t> by_stream_and_start(std::span<const traces::KernelRun> runs) {
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&runs](std::size_t a, std::size_t b) {
    return std::tie(runs[a].stream, runs[a].start_ns) < std::tie(runs[b].stream, runs[b].start_ns);
  });
  return order;
}

}  // namespace

std::vector<std::int64_t> own_times_ns(std::span<const traces::KernelRun> runs) {
  std::vector<std::int64_t> own(runs.size());
  std::int32_t stream = -1;
  std::int64_t busy_until = 0;
  for (const std::size_t i : by_stream_and_start(runs)) {
    const traces::KernelRun& run = runs[i];
    const std::int64_t end = end_of(run);
    const bool is_first = run.stream != stream;
    if (run.stream < 0) {
      own[i] = std::max<std::int64_t>(0, run.duration_ns);
    } else if (is_first || busy_until <= run.start_ns) {
      own[i] = end - run.start_ns;
    } else {
      own[i] = std::max<std::int64_t>(0, end - busy_until);
    }
    busy_until = is_first ? end : std::max(busy_until, end);
    stream = run.stream;
  }
  return own;
}

}  // namespace pagequest::analyzer
