// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "engine/ops/cuda/device.h"

namespace pagequest::bench::PQ_CUDA_NS {

namespace gpu = ops::PQ_CUDA_NS;

struct Repeats {
  int warm_ups = 3;
  int measured = 20;
};

using Work = std::function<void()>;

/// Median of the seconds that the stream takes for each kind of work, by its own events. The kinds
/// take turns, so that a clock that changes hits all of them alike.
[[nodiscard]] std::vector<double> median_seconds(const gpu::Stream& stream, const Repeats& repeats,
                                                 const std::vector<Work>& kinds);

/// The same for work that is captured in a graph first: without the gaps between launches.
[[nodiscard]] double median_graph_seconds(const gpu::Stream& stream, const Repeats& repeats,
                                          const Work& work);

}  // namespace pagequest::bench::PQ_CUDA_NS
