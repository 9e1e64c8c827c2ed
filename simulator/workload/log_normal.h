// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/rng.h"

namespace pagequest::simulator {

/// Box and Muller, "A note on the generation of random normal deviates" (1958).
[[nodiscard]] double standard_normal(Rng& rng);

/// exp(N(ln median, sigma)).
struct LogNormal {
  double median = 1.0;
  double sigma = 0.0;

  /// The one with this median and mean; the mean is at least the median.
  [[nodiscard]] static LogNormal of_mean(double median, double mean);

  [[nodiscard]] double draw(Rng& rng) const;
  [[nodiscard]] double mean() const;
  /// Of min(X, cap).
  [[nodiscard]] double mean_capped(double cap) const;
};

}  // namespace pagequest::simulator
