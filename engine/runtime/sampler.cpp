// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/rng.h"

namespace pagequest::runtime {
namespace {

std::int32_t most_likely(std::span<const float> logits) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  return static_cast<std::int32_t>(largest - logits.begin());
}

std::vector<double> probabilities(std::span<const float> logits, double temperature) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weights;
  for (const float logit : logits) weights.push_back(std::exp((logit - largest) / temperature));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= total;
  return weights;
}

}  // namespace

void check_sampling(const Sampling& sampling) {
  const bool warm = std::isfinite(sampling.temperature) && sampling.temperature >= 0.0F;
  const bool nucleus = sampling.top_p > 0.0F && sampling.top_p <= 1.0F;
  if (warm && nucleus) return;
  throw usage_error({.what = "impossible sampling",
                     .where = warm ? "top_p" : "temperature",
                     .found = std::to_string(warm ? sampling.top_p : sampling.temperature),
                     .expected = warm ? "above 0, at most 1" : "at least 0",
                     .hint = {}});
}

std::int32_t sample(std::span<const float> logits, const Sampling& sampling,
                    std::int32_t position) {
  if (sampling.temperature == 0.0F) return most_likely(logits);
  const std::vector<double> chances = probabilities(logits, sampling.temperature);
  std::vector<std::size_t> order(chances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return chances[a] > chances[b]; });
  double nucleus = 0.0;
  std::size_t kept = 0;
  while (kept < order.size() && (kept == 0 || nucleus < sampling.top_p)) {
    nucleus += chances[order[kept++]];
  }
  const double draw = Rng(sampling.seed, static_cast<std::uint64_t>(position)).uniform() * nucleus;
  double below = 0.0;
  for (std::size_t i = 0; i < kept; ++i) {
    below += chances[order[i]];
    if (draw < below) return static_cast<std::int32_t>(order[i]);
  }
  return static_cast<std::int32_t>(order[kept - 1]);
}

}  // namespace pagequest::runtime
