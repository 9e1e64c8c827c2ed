// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/planning/replica_search.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

[[noreturn]] void throw_never_enough(const Slo& slo, const LoadProbe& probe) {
  std::string missed;
  for (const auto& phrase : probe.missed) missed += (missed.empty() ? "" : "; ") + phrase;
  throw ObjectivesNeverMet(
      {.what = "no number of replicas meets the objectives",
       .where = to_text(slo),
       .found =
           missed + ", with " + std::to_string(static_cast<std::int64_t>(probe.load)) + " replicas",
       .expected = "a load that they can serve",
       .hint = "ask for less, or take a faster machine"});
}

}  // namespace

ReplicaAnswer search_replicas(const Slo& slo, const EvaluateReplicas& evaluate, std::int64_t most) {
  const auto probe = [&](std::int64_t replicas) {
    const auto serve = [&](double) { return evaluate(replicas); };
    return probe_load(slo, serve, static_cast<double>(replicas));
  };
  std::int64_t too_few = 0;
  std::int64_t replicas = 1;
  LoadProbe enough = probe(replicas);
  while (!enough.missed.empty()) {
    if (replicas == most) throw_never_enough(slo, enough);
    too_few = replicas;
    replicas = std::min(2 * replicas, most);
    enough = probe(replicas);
  }
  while (replicas - too_few > 1) {
    const std::int64_t middle = too_few + (replicas - too_few) / 2;
    LoadProbe tried = probe(middle);
    if (!tried.missed.empty()) {
      too_few = middle;
      continue;
    }
    replicas = middle;
    enough = std::move(tried);
  }
  return {replicas, enough.result};
}

double usd_per_million_tokens(double usd_per_gpu_hour, std::int64_t gpus,
                              double output_tokens_per_s) {
  constexpr double kSecondsPerHour = 3600.0;
  if (output_tokens_per_s <= 0.0) return std::numeric_limits<double>::infinity();
  const double usd_per_s = usd_per_gpu_hour * static_cast<double>(gpus) / kSecondsPerHour;
  return usd_per_s / output_tokens_per_s * 1e6;
}

}  // namespace pagequest::simulator
