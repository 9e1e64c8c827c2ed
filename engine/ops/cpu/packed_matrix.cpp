// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/packed_matrix.h"

#include "base/check.h"
#include "engine/ops/cpu/kernels.h"

namespace pagequest::ops {
namespace {

std::int64_t panels_for(std::int64_t outputs) {
  return (outputs + kPanelColumns - 1) / kPanelColumns;
}

}  // namespace

PackedMatrix::PackedMatrix(std::int64_t outputs, std::int64_t inputs)
    : outputs_(outputs), inputs_(inputs), panels_(panels_for(outputs) * kPanelColumns * inputs) {}

void PackedMatrix::set_outputs(std::int64_t first, const float* rows, std::int64_t count) {
  PQ_CHECK(first >= 0 && first + count <= outputs_, "rows of another matrix");
  for (std::int64_t row = 0; row < count; ++row) {
    const std::int64_t output = first + row;
    float* panel = panels_.data() + output / kPanelColumns * kPanelColumns * inputs_;
    float* column = panel + output % kPanelColumns;
    for (std::int64_t k = 0; k < inputs_; ++k) column[k * kPanelColumns] = rows[row * inputs_ + k];
  }
}

std::int64_t PackedMatrix::panel_count() const { return panels_for(outputs_); }

std::int64_t PackedMatrix::padded_outputs() const { return panel_count() * kPanelColumns; }

}  // namespace pagequest::ops
