// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pagequest::model {
namespace {

/// theta^(2i / head_dim), rounded to f32.
float period_factor(const RopeConfig& rope, std::int32_t pair, std::int32_t head_dim) {
  const float exponent = static_cast<float>(2 * pair) / static_cast<float>(head_dim);
  return static_cast<float>(std::pow(rope.theta, exponent));
}

/// Short wavelengths stay, long ones are divided by the factor, those between are mixed.
float llama3_frequency(const RopeConfig& rope, float frequency) {
  const float original = static_cast<float>(rope.original_max_positions);
  const float low = static_cast<float>(rope.low_frequency_factor);
  const float high = static_cast<float>(rope.high_frequency_factor);
  const float factor = static_cast<float>(rope.factor);
  const float wavelength = 2.0F * std::numbers::pi_v<float> / frequency;
  if (wavelength > original / low) return frequency / factor;
  if (wavelength < original / high) return frequency;
  const float smooth = (original / wavelength - low) / (high - low);
  return (1.0F - smooth) * frequency / factor + smooth * frequency;
}

/// The pair of components that turns `rotations` times within the trained context.
double correction_dim(const RopeConfig& rope, std::int32_t head_dim, double rotations) {
  const double turns = rope.original_max_positions / (rotations * 2.0 * std::numbers::pi);
  return head_dim * std::log(turns) / (2.0 * std::log(rope.theta));
}

struct Ramp {
  float low;
  float width;
};

Ramp yarn_ramp(const RopeConfig& rope, std::int32_t head_dim) {
  double low = correction_dim(rope, head_dim, rope.beta_fast);
  double high = correction_dim(rope, head_dim, rope.beta_slow);
  if (rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, head_dim - 1.0);
  if (low == high) high += 0.001;
  return {static_cast<float>(low), static_cast<float>(high - low)};
}

float yarn_frequency(const RopeConfig& rope, Ramp ramp, float period, std::int32_t pair) {
  const float factor = static_cast<float>(rope.factor);
  const float share = (static_cast<float>(pair) - ramp.low) / ramp.width;
  const float extrapolated = 1.0F - std::clamp(share, 0.0F, 1.0F);
  return 1.0F / (factor * period) * (1.0F - extrapolated) + 1.0F / period * extrapolated;
}

}  // namespace

std::vector<float> rope_frequencies(const RopeConfig& rope, std::int32_t head_dim) {
  const Ramp ramp = rope.type == RopeType::yarn ? yarn_ramp(rope, head_dim) : Ramp{0.0F, 1.0F};
  std::vector<float> frequencies;
  for (std::int32_t pair = 0; pair < head_dim / 2; ++pair) {
    const float period = period_factor(rope, pair, head_dim);
    float frequency = 1.0F / period;
    if (rope.type == RopeType::linear) frequency /= static_cast<float>(rope.factor);
    if (rope.type == RopeType::llama3) frequency = llama3_frequency(rope, frequency);
    if (rope.type == RopeType::yarn) frequency = yarn_frequency(rope, ramp, period, pair);
    frequencies.push_back(frequency);
  }
  return frequencies;
}

}  // namespace pagequest::model
