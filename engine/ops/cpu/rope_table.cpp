// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/rope_table.h"

#include <cmath>
#include <cstddef>
#include <utility>

namespace pagequest::ops {

RopeTable::RopeTable(std::vector<float> frequencies, float amplitude)
    : half_(static_cast<std::int64_t>(frequencies.size())),
      amplitude_(amplitude),
      frequencies_(std::move(frequencies)) {}

void RopeTable::reserve(std::int64_t positions) {
  const std::int64_t known = static_cast<std::int64_t>(cosines_.size()) / half_;
  for (std::int64_t position = known; position < positions; ++position) {
    for (const float frequency : frequencies_) {
      const double angle = static_cast<float>(position) * frequency;
      cosines_.push_back(static_cast<float>(std::cos(angle)) * amplitude_);
      sines_.push_back(static_cast<float>(std::sin(angle)) * amplitude_);
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
