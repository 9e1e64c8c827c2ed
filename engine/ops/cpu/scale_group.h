// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "engine/ops/cpu/packed_matrix.h"

/// Codes of one byte that share a scale: a weight is its code's value times the scale. `type` is
/// int8 or fp8.
namespace pagequest::ops {

/// Rounds the weights of a group to the nearest codes, ties to even, and returns the scale, with
/// which the group's largest magnitude is the type's largest value (127, or 448 in fp8). Weights
/// so small that the scale would not be a normal float become zeros.
[[nodiscard]] float to_codes(WeightType type, std::span<const float> weights, std::uint8_t* codes);

/// The value of a code, unscaled.
[[nodiscard]] float from_code(WeightType type, std::uint8_t code);

}  // namespace pagequest::ops
