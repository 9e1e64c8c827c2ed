// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/scale_group.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ops/cpu/fp8.h"

namespace pagequest::ops {
namespace {

constexpr float kLargestInt8 = 127.0F;

std::uint8_t to_int8(float value) {
  return static_cast<std::uint8_t>(static_cast<std::int8_t>(std::lrintf(value)));
}

float largest_magnitude(std::span<const float> weights) {
  float largest = 0.0F;
  for (const float weight : weights) largest = std::max(largest, std::fabs(weight));
  return largest;
}

}  // namespace

float to_codes(WeightType type, std::span<const float> weights, std::uint8_t* codes) {
  const float top = type == WeightType::int8 ? kLargestInt8 : kLargestE4m3;
  const float largest = largest_magnitude(weights);
  const float scale = largest / top;
  const bool usable = scale >= std::numeric_limits<float>::min();
  const float inverse = usable ? top / largest : 0.0F;
  for (const float weight : weights) {
    const float value = weight * inverse;
    *codes++ = type == WeightType::int8 ? to_int8(value) : to_e4m3(value);
  }
  return usable ? scale : 0.0F;
}

float from_code(WeightType type, std::uint8_t code) {
  return type == WeightType::int8 ? static_cast<float>(static_cast<std::int8_t>(code))
                                  : from_e4m3(code);
}

}  // namespace pagequest::ops
