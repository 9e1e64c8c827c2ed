// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "analyzer/paired.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/binomial.hpp>

namespace pagequest::analyzer {
namespace {

/// Newcombe's phi; 0 where a treatment has the same outcome on every case.
double correlation(const PairedCounts& counts) {
  const auto total = static_cast<double>(counts.total());
  const auto first = static_cast<double>(counts.first());
  const auto second = static_cast<double>(counts.second());
  const double scale = first * (total - first) * second * (total - second);
  if (scale == 0.0) return 0.0;
  const double excess =
      static_cast<double>(counts.both) * static_cast<double>(counts.neither) -
      static_cast<double>(counts.only_first) * static_cast<double>(counts.only_second);
  const double corrected = excess > 0.0 ? std::max(excess - total / 2.0, 0.0) : excess;
  return corrected / std::sqrt(scale);
}

/// Length of the sum of two legs at the angle whose cosine is -phi.
double combined(double a, double b, double phi) {
  return std::sqrt(std::max(0.0, a * a - 2.0 * phi * a * b + b * b));
}

}  // namespace

void PairedCounts::add(bool first, bool second) {
  ++(first ? (second ? both : only_first) : (second ? only_second : neither));
}

double mcnemar_exact_p(const PairedCounts& counts) {
  const std::int64_t differ = counts.only_first + counts.only_second;
  if (differ == 0) return 1.0;
  const boost::math::binomial_distribution<double> coin(static_cast<double>(differ), 0.5);
  const auto fewer = static_cast<double>(std::min(counts.only_first, counts.only_second));
  return std::min(1.0, 2.0 * boost::math::cdf(coin, fewer));
}

Interval paired_difference_interval_95(const PairedCounts& counts) {
  const auto total = static_cast<double>(counts.total());
  const Interval first = wilson_interval_95(counts.first(), counts.total());
  const Interval second = wilson_interval_95(counts.second(), counts.total());
  if (counts.total() == 0) return first;
  const double first_share = static_cast<double>(counts.first()) / total;
  const double second_share = static_cast<double>(counts.second()) / total;
  const double phi = correlation(counts);
  const double difference = second_share - first_share;
  return {difference - combined(second_share - second.low, first.high - first_share, phi),
          difference + combined(second.high - second_share, first_share - first.low, phi)};
}

}  // namespace pagequest::analyzer
