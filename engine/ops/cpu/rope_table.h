// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace pagequest::ops {

/// Cosines and sines of the rotary position embedding (RoFormer, arXiv 2104.09864, section 3.2),
/// with angles rounded to f32 as PyTorch does. Grows on demand: a context of a thousand positions
/// needs a fraction of what a model could take.
class RopeTable {
 public:
  /// `frequencies`: radians a position, (head_dim / 2). Cosines and sines are multiplied by
  /// `amplitude` (YaRN's attention factor, arXiv 2309.00071, section 3.4).
  explicit RopeTable(std::vector<float> frequencies, float amplitude = 1.0F);

  /// Makes rows [0, positions) readable. Not concurrently with readers.
  void reserve(std::int64_t positions);

  /// head_dim / 2 values each; `position` must have been reserved.
  [[nodiscard]] const float* cosines(std::int64_t position) const;
  [[nodiscard]] const float* sines(std::int64_t position) const;

 private:
  std::int64_t half_;
  float amplitude_;
  std::vector<float> frequencies_;
  std::vector<float> cosines_;  // (position, half)
  std::vector<float> sines_;
};

}  // namespace pagequest::ops
