// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_timing.h"

#include <cstddef>
#include <utility>

#include "engine/bench/engine_bench.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

double seconds_of(const gpu::Stream& stream, const Work& work) {
  gpu::Event begin(/*timed=*/true);
  gpu::Event end(/*timed=*/true);
  begin.record(stream);
  work();
  end.record(stream);
  end.wait();
  return 1e-9 * static_cast<double>(gpu::Event::elapsed_ns(begin, end));
}

}  // namespace

std::vector<double> median_seconds(const gpu::Stream& stream, const Repeats& repeats,
                                   const std::vector<Work>& kinds) {
  std::vector<std::vector<double>> samples(kinds.size());
  for (int i = 0; i < repeats.warm_ups + repeats.measured; ++i) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      const double seconds = seconds_of(stream, kinds[kind]);
      if (i >= repeats.warm_ups) samples[kind].push_back(seconds);
    }
  }
  std::vector<double> medians;
  for (auto& each : samples) medians.push_back(quantile(std::move(each), 0.5));
  return medians;
}

double median_graph_seconds(const gpu::Stream& stream, const Repeats& repeats, const Work& work) {
  const gpu::Graph graph = stream.capture(work);
  return median_seconds(stream, repeats, {[&] { stream.launch(graph); }}).front();
}

}  // namespace pagequest::bench::PQ_CUDA_NS
