// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/metrics/samples.h"

#include <algorithm>
#include <cmath>

#include "simulator/metrics/percentile.h"

namespace pagequest::simulator {
namespace {

constexpr std::size_t kExact = 65'536;
constexpr double kSmallest = 1e-9;  // of the first bin
const double kStep = std::log(1.001);

}  // namespace

std::size_t Samples::bin_of(double value) const {
  if (value <= kSmallest) return 0;
  return 1 + static_cast<std::size_t>(std::log(value / kSmallest) / kStep);
}

void Samples::add(double value) {
  ++count_;
  sum_ += value;
  largest_ = std::max(largest_, value);
  if (exact_.size() < kExact) {
    exact_.push_back(value);
    return;
  }
  const auto count = [this](double sample) {
    const std::size_t bin = bin_of(sample);
    if (bin >= bins_.size()) bins_.resize(bin + 1, 0);
    ++bins_[bin];
  };
  if (bins_.empty()) std::for_each(exact_.begin(), exact_.end(), count);
  count(value);
}

double Samples::mean() const { return count_ > 0 ? sum_ / static_cast<double>(count_) : 0.0; }

double Samples::percentile(double percent) const {
  if (bins_.empty()) return simulator::percentile(exact_, percent);
  const auto rank =
      static_cast<std::int64_t>(std::ceil(percent / 100.0 * static_cast<double>(count_)));
  std::int64_t below = 0;
  for (std::size_t bin = 0; bin < bins_.size(); ++bin) {
    below += bins_[bin];
    if (below < rank) continue;
    if (bin == 0) return kSmallest;
    return std::min(largest_, kSmallest * std::exp(kStep * (static_cast<double>(bin) - 0.5)));
  }
  return largest_;
}

}  // namespace pagequest::simulator
