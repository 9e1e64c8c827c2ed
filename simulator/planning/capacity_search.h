// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "simulator/planning/saturation.h"
#include "simulator/planning/slo.h"

namespace pagequest::simulator {

/// What serving a load gave.
struct LoadResult {
  Latencies latencies;               // at the objectives' percentile
  double output_tokens_per_s = 0.0;  // of all replicas
  double requests_per_s = 0.0;       // completed
  QueueEvidence queue;
};

/// Serves a load: requests a second, or how many are in flight at once.
using EvaluateLoad = std::function<LoadResult(double load)>;

struct LoadRange {
  double smallest = 1.0;
  double first = 1.0;  // where the search begins
  double largest = 1e6;
  bool integral = true;     // whole loads only
  double precision = 0.01;  // of loads that need not be whole: how close, as a share of the answer
};

struct LoadProbe {
  double load = 0.0;
  LoadResult result;
  std::vector<std::string> missed;  // empty: the load can be served
};

struct CapacityAnswer {
  LoadProbe best;                     // the largest load found that can be served
  std::optional<LoadProbe> too_much;  // the smallest load found above it that can't; none up to
                                      // LoadRange::largest
  std::vector<LoadProbe> probes;      // in the order of the search
};

/// Whether a load can be served: its latencies meet the objectives and it does not overload the
/// server (a run is finite, so an ever growing queue may still look fast in it).
[[nodiscard]] LoadProbe probe_load(const Slo& slo, const EvaluateLoad& evaluate, double load);

/// The largest load that can be served, by doubling (or halving) from `first` until one can and one
/// can't, then by bisection. Assumes that what can't be served at one load can't at a larger one;
/// where simulated runs break that by a little, the answer is one of the crossings. Throws
/// usage_error with the best values reached if not even `smallest` can be served.
[[nodiscard]] CapacityAnswer search_capacity(const Slo& slo, const EvaluateLoad& evaluate,
                                             const LoadRange& range);

}  // namespace pagequest::simulator
