// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace pagequest::simulator {

/// SGLang's share of the tokens that running requests may still decode which an admission leaves
/// room for (sgl-project/sglang, managers/schedule_policy.py and environ.py). It falls with each
/// decode step from the first to the least value; a retraction raises it.
class NewTokenRatio {
 public:
  [[nodiscard]] double value() const { return value_; }
  [[nodiscard]] bool is_least() const { return value_ <= kLeast; }

  void decay(std::int64_t steps) {
    value_ = std::max(kLeast, value_ - kDecay * static_cast<double>(steps));
  }
  /// `decoded` of `most` tokens were decoded by `requests` that still run: room for some more steps
  /// of each.
  void raise(std::int64_t decoded, std::int64_t most, std::int64_t requests) {
    const double wanted =
        static_cast<double>(decoded) + kStepsAhead * static_cast<double>(requests);
    value_ = std::min(1.0, wanted / (1.0 + static_cast<double>(most)));
  }

 private:
  static constexpr double kFirst = 0.7;
  static constexpr double kLeast = kFirst * 0.14;
  static constexpr double kDecay = (kFirst - kLeast) / 600.0;
  static constexpr double kStepsAhead = 20.0;

  double value_ = kFirst;
};

}  // namespace pagequest::simulator
