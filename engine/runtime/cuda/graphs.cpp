// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/graphs.h"

namespace pagequest::runtime::PQ_CUDA_NS {

void DecodeGraphs::run(const DecodeShape& shape, const gpu::Stream& stream,
                       const std::function<void()>& work) {
  const auto [place, is_new] = graphs_.try_emplace(shape);
  if (is_new) return work();
  std::optional<gpu::Graph>& graph = place->second;
  if (!graph) graph.emplace(stream.capture(work));
  stream.launch(*graph);
  ++launches_;
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
