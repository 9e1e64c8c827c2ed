// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/rope_table.h"

#include <cmath>
#include <cstddef>

namespace pagequest::ops {

RopeTable::RopeTable(std::int64_t head_dim, double theta) : half_(head_dim / 2) {
  for (std::int64_t i = 0; i < half_; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    frequencies_.push_back(1.0F / static_cast<float>(std::pow(theta, exponent)));
  }
}

void RopeTable::reserve(std::int64_t positions) {
  const std::int64_t known = static_cast<std::int64_t>(cosines_.size()) / half_;
  for (std::int64_t position = known; position < positions; ++position) {
    for (const float frequency : frequencies_) {
      const double angle = static_cast<float>(position) * frequency;
      cosines_.push_back(static_cast<float>(std::cos(angle)));
      sines_.push_back(static_cast<float>(std::sin(angle)));
    }
  }
}

const float* RopeTable::cosines(std::int64_t position) const {
  return cosines_.data() + position * half_;
}

const float* RopeTable::sines(std::int64_t position) const {
  return sines_.data() + position * half_;
}

}  // namespace pagequest::ops
