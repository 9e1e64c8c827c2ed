// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/ops/cpu/float_buffer.h"

namespace pagequest::ops {

/// The weights of a linear layer, (outputs, inputs) row by row in a checkpoint, cut into panels of
/// kPanelColumns outputs, each (inputs, kPanelColumns): a kernel then reads them in order, a whole
/// vector of outputs at a time. Missing outputs of the last panel are zero.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  PackedMatrix(std::int64_t outputs, std::int64_t inputs);

  /// Copies `count` checkpoint rows to the outputs from `first` on.
  void set_outputs(std::int64_t first, const float* rows, std::int64_t count);

  [[nodiscard]] std::int64_t outputs() const { return outputs_; }
  [[nodiscard]] std::int64_t inputs() const { return inputs_; }
  [[nodiscard]] std::int64_t panel_count() const;
  /// Room that a row of outputs needs: whole panels.
  [[nodiscard]] std::int64_t padded_outputs() const;
  [[nodiscard]] const float* panels() const { return panels_.data(); }

 private:
  std::int64_t outputs_ = 0;
  std::int64_t inputs_ = 0;
  FloatBuffer panels_;
};

}  // namespace pagequest::ops
