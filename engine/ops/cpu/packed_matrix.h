// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/ops/cpu/huge_buffer.h"

namespace pagequest::ops {

/// How the elements of a weight matrix are stored.
enum class WeightType : std::uint8_t {
  f32,
  bf16,
  int8,   // one f32 scale an output and group of inputs
  fp8,    // E4M3 (fp8.h); one f32 scale an output and group of inputs
  mxfp4,  // OCP microscaling: 4-bit floats (E2M1), one power-of-two scale for 32 inputs
};

[[nodiscard]] std::string_view to_string(WeightType type);

/// Inputs that share a scale: of int8 and fp8, and of mxfp4.
inline constexpr std::int64_t kScaleGroup = 128;
inline constexpr std::int64_t kMxfp4Group = 32;

/// The weights of a linear layer, (outputs, inputs) row by row in a checkpoint, cut into panels of
/// kPanelColumns outputs: a kernel then reads them in order, a whole vector of outputs at a time.
/// Missing outputs of the last panel are zero. A panel holds, by type:
///   f32    (input, kPanelColumns)
///   bf16   (pair of inputs, kPanelColumns, 2)
///   int8   (input, kPanelColumns), and scales (group of inputs, kPanelColumns)
///   fp8    as int8
///   mxfp4  (pair of inputs, kPanelColumns) bytes, the lower input in the lower four bits, and
///          scales (group of inputs, kPanelColumns) as biased exponents
/// Missing inputs of the last pair or group are zero.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// mxfp4 takes inputs in whole groups.
  PackedMatrix(WeightType type, std::int64_t outputs, std::int64_t inputs);

  /// Stores `count` checkpoint rows as the outputs from `first` on, rounded to the matrix's type:
  /// bf16 to nearest even, int8 and fp8 as to_codes() (scale_group.h) does each group. Not for
  /// mxfp4. Threads may store different rows at once.
  void set_outputs(std::int64_t first, const float* rows, std::int64_t count);
  /// The same for rows that are bf16 already; the matrix must be bf16.
  void set_bf16_outputs(std::int64_t first, const std::uint16_t* rows, std::int64_t count);
  /// One output of an fp8 matrix: `codes` (inputs) that are not NaN, `scales` (group of inputs).
  void set_fp8_output(std::int64_t output, const std::uint8_t* codes, const float* scales);
  /// One output of an mxfp4 matrix: `blocks` (group, 16) with the lower input in the lower four
  /// bits, `scales` (group), as Hugging Face's gpt-oss stores them.
  void set_mxfp4_output(std::int64_t output, const std::uint8_t* blocks,
                        const std::uint8_t* scales);

  /// The weights of one output as the kernels use them: (inputs).
  void get_output(std::int64_t output, float* row) const;

  /// One output as it is stored, inputs in order without padding: `weights` (stored_bytes()) are
  /// f32, bf16, int8, E4M3 or pairs of 4-bit floats, the lower input in the lower four bits;
  /// `scales` (stored_scale_bytes()), of each group of inputs, are f32 for int8 and fp8 and biased
  /// exponents for mxfp4, else nothing.
  void get_stored_output(std::int64_t output, std::byte* weights, std::byte* scales) const;
  [[nodiscard]] std::int64_t stored_bytes() const;
  [[nodiscard]] std::int64_t stored_scale_bytes() const;

  [[nodiscard]] WeightType type() const { return type_; }
  [[nodiscard]] std::int64_t outputs() const { return outputs_; }
  [[nodiscard]] std::int64_t inputs() const { return inputs_; }
  [[nodiscard]] std::int64_t panel_count() const;
  /// Room that a row of outputs needs: whole panels.
  [[nodiscard]] std::int64_t padded_outputs() const;
  [[nodiscard]] const std::byte* panels() const { return panels_.data(); }
  [[nodiscard]] const std::byte* scales() const { return scales_.data(); }
  [[nodiscard]] std::int64_t panel_bytes() const;
  [[nodiscard]] std::int64_t panel_scale_bytes() const;
  [[nodiscard]] std::int64_t bytes() const { return panels_.size() + scales_.size(); }

 private:
  void set_output(std::int64_t output, const float* row);
  void set_codes(std::int64_t output, const float* row);
  void set_group(std::int64_t output, std::int64_t group, const std::uint8_t* codes, float scale);
  [[nodiscard]] float weight(std::int64_t output, std::int64_t input) const;

  WeightType type_ = WeightType::f32;
  std::int64_t outputs_ = 0;
  std::int64_t inputs_ = 0;
  HugeBuffer panels_;
  HugeBuffer scales_;
};

}  // namespace pagequest::ops
