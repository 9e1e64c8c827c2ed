// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

/// E4M3 of "FP8 Formats for Deep Learning" (arXiv 2209.05433): 1 sign, 4 exponent (bias 7), 3
/// fraction bits; no infinities, all ones but the sign is NaN.
namespace pagequest::ops {

inline constexpr float kLargestE4m3 = 448.0F;
/// A code's bits but for its sign; all of them: NaN.
inline constexpr std::uint8_t kE4m3Magnitude = 0x7F;

/// Exact.
[[nodiscard]] constexpr float from_e4m3(std::uint8_t code) {
  const std::uint32_t sign = (code & 0x80U) << 24U;
  const std::uint32_t magnitude = code & kE4m3Magnitude;
  if (magnitude == kE4m3Magnitude) return std::numeric_limits<float>::quiet_NaN();
  // The exponent and the fraction in a binary32's place, where the bias is 127.
  const float normal = std::bit_cast<float>((magnitude << 20U) + (120U << 23U));
  const float value = magnitude < 8 ? static_cast<float>(magnitude) * 0x1.0p-9F : normal;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) | sign);
}

/// Rounds to nearest, ties to even; what is larger than kLargestE4m3 becomes that. Not for NaN.
[[nodiscard]] inline std::uint8_t to_e4m3(float value) {
  const std::uint32_t sign = std::bit_cast<std::uint32_t>(value) >> 24U & 0x80U;
  const float magnitude = std::fmin(std::fabs(value), kLargestE4m3);
  if (magnitude < 0x1.0p-6F) {  // steps of 2^-9, up to the smallest normal number
    return static_cast<std::uint8_t>(sign |
                                     static_cast<std::uint32_t>(std::lrintf(magnitude * 0x1.0p9F)));
  }
  const auto bits = std::bit_cast<std::uint32_t>(magnitude);
  const std::uint32_t rounded = (bits + 0x7FFFFU + (bits >> 20U & 1U)) >> 20U;
  return static_cast<std::uint8_t>(sign | (rounded - (120U << 3U)));
}

}  // namespace pagequest::ops
