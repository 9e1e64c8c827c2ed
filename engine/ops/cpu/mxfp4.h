// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstdint>

/// The OCP microscaling format MXFP4 (OCP MX specification 1.0, section 5.3): E2M1 elements that
/// share an E8M0 scale.
namespace pagequest::ops {

/// Value of each 4-bit code: sign, two exponent bits with bias 1, one fraction bit.
inline constexpr std::array<float, 16> kE2m1 = {0.0F,  0.5F,  1.0F,  1.5F,  2.0F,  3.0F,
                                                4.0F,  6.0F,  -0.0F, -0.5F, -1.0F, -1.5F,
                                                -2.0F, -3.0F, -4.0F, -6.0F};

/// 2^(exponent - 127). The specification's NaN (255) comes out as infinity.
[[nodiscard]] constexpr float from_e8m0(std::uint8_t exponent) {
  const std::uint32_t bits = exponent == 0 ? 0x00400000U : std::uint32_t{exponent} << 23U;
  return std::bit_cast<float>(bits);
}

}  // namespace pagequest::ops
