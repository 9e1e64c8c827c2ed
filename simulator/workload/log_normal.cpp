// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/log_normal.h"

#include <cmath>
#include <numbers>

namespace pagequest::simulator {
namespace {

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

}  // namespace

double standard_normal(Rng& rng) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - rng.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * rng.uniform());
}

LogNormal LogNormal::of_mean(double median, double mean) {
  return {.median = median, .sigma = std::sqrt(2.0 * std::log(mean / median))};
}

double LogNormal::draw(Rng& rng) const {
  return sigma == 0.0 ? median : median * std::exp(sigma * standard_normal(rng));
}

double LogNormal::mean() const { return median * std::exp(0.5 * sigma * sigma); }

double LogNormal::mean_capped(double cap) const {
  if (sigma == 0.0) return std::fmin(median, cap);
  const double z = (std::log(cap) - std::log(median)) / sigma;
  return mean() * normal_cdf(z - sigma) + cap * normal_cdf(-z);
}

}  // namespace pagequest::simulator
