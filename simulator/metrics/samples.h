// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace pagequest::simulator {

/// Samples of a run: exact while they are few, then counted in bins whose bounds are 0.1 % apart,
/// so that memory does not grow with the run.
class Samples {
 public:
  /// Not negative.
  void add(double value);

  [[nodiscard]] std::int64_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// 0 without samples.
  [[nodiscard]] double mean() const;
  /// Nearest rank, as percentile(); within 0.05 % once samples are counted in bins. 0 without any.
  [[nodiscard]] double percentile(double percent) const;
  /// In the order in which they came; the first 65,536 only.
  [[nodiscard]] const std::vector<double>& first() const { return exact_; }

 private:
  [[nodiscard]] std::size_t bin_of(double value) const;

  std::vector<double> exact_;
  std::vector<std::int64_t> bins_;  // empty while all samples are in exact_
  double sum_ = 0.0;
  double largest_ = 0.0;
  std::int64_t count_ = 0;
};

}  // namespace pagequest::simulator
