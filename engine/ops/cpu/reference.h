// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// What each kernel computes, in plain code and double precision: the specification that the fast
/// kernels are tested against. Matrices are row by row.
namespace pagequest::ops::reference {

/// x (rows, inputs), weights (outputs, inputs) -> (rows, outputs).
[[nodiscard]] std::vector<double> linear(std::span<const float> x, std::span<const float> weights,
                                         std::int64_t rows, std::int64_t inputs,
                                         std::int64_t outputs);

/// One row: x / sqrt(mean(x^2) + epsilon) * weight.
[[nodiscard]] std::vector<double> rms_norm(std::span<const float> x, std::span<const float> weight,
                                           double epsilon);

/// One head's vector, rotated as at `position`: half-split pairs (i, i + head_dim / 2). Frequencies
/// and angles are rounded to f32: those are the angles that a model trained in PyTorch has seen.
[[nodiscard]] std::vector<double> rope(std::span<const float> x, std::int64_t position,
                                       double theta);

/// gate_up holds the gates, then as many ups: silu(gate) * up.
[[nodiscard]] std::vector<double> swiglu(std::span<const float> gate_up);

/// Largest product of a query with a vector each of whose components lies between those of `lowest`
/// and `highest`.
[[nodiscard]] double largest_product(std::span<const float> query, std::span<const float> lowest,
                                     std::span<const float> highest);

struct Attended {
  std::vector<double> output;   // (head_dim)
  std::vector<double> weights;  // (token): probabilities, 0 for tokens that are not visible
};

/// One query over a context: keys and values are (token, head_dim); token t is seen if visible[t].
/// A sink is a logit that takes its part of the softmax and has no value (gpt-oss).
[[nodiscard]] Attended attention(std::span<const float> query, std::span<const float> keys,
                                 std::span<const float> values, const std::vector<bool>& visible,
                                 double scale, std::optional<double> sink = std::nullopt);

/// gate_up holds the gates, then as many ups: gpt-oss's clamped product (kernels.h).
[[nodiscard]] std::vector<double> clamped_swiglu(std::span<const float> gate_up);

}  // namespace pagequest::ops::reference
