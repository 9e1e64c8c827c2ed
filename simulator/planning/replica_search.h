// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "simulator/planning/capacity_search.h"

namespace pagequest::simulator {

/// Serves one load with that many replicas.
using EvaluateReplicas = std::function<LoadResult(std::int64_t replicas)>;

struct ReplicaAnswer {
  std::int64_t replicas = 0;
  LoadResult result;
};

/// The fewest replicas that serve a load within the objectives, by doubling from one and bisection.
/// Throws usage_error with what is missed if `most` are not enough, as where the objectives can't
/// be met by any number.
[[nodiscard]] ReplicaAnswer search_replicas(const Slo& slo, const EvaluateReplicas& evaluate,
                                            std::int64_t most);

/// What a million output tokens cost at that throughput. Infinite at 0 tokens/s.
[[nodiscard]] double usd_per_million_tokens(double usd_per_gpu_hour, std::int64_t gpus,
                                            double output_tokens_per_s);

}  // namespace pagequest::simulator
