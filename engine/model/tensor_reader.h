// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/model/load_weights.h"
#include "engine/model/matrix_view.h"
#include "engine/ops/cpu/thread_pool.h"

namespace pagequest::model {

/// Outputs of a projection, `name`.weight of (outputs, inputs).
struct LinearPart {
  std::string name;
  std::int64_t outputs = 0;
};

/// One tensor that holds the same matrix of several experts.
struct TensorStack {
  std::string name;
  std::int64_t experts = 0;
  std::int64_t outputs = 0;
  std::int64_t inputs = 0;
};

enum class RowOrder : std::uint8_t { as_stored, even_then_odd };
enum class InputAxis : std::uint8_t { behind_outputs, before_outputs };
enum class Precision : std::uint8_t { as_stored, quantisable };

/// Takes tensors out of a checkpoint one by one, packs them, and knows in the end which ones nobody
/// took. Every tensor must have the shape that the caller expects: throws input_error that names it
/// otherwise, and when it is missing or holds a value that is not finite.
class TensorReader {
 public:
  TensorReader(const Checkpoint& checkpoint, const LoadOptions& options);

  [[nodiscard]] bool has(const std::string& name) const;

  /// `name` of (size), as f32.
  std::vector<float> vector(const std::string& name, std::int64_t size);

  /// Parts stacked in order. Stored as fp8 when all parts are F8_E4M3, as f32 when any is F32 or
  /// F16, which bf16 does not hold exactly, else as bf16; as int8 or fp8 when it is quantisable and
  /// the options ask for it. The scales of F8_E4M3 are `name`.weight_scale_inv (a factor for
  /// 128 x 128 elements) or `name`.weight_scale (one, or one a row).
  ops::PackedMatrix matrix(const std::vector<LinearPart>& parts, std::int64_t inputs,
                           Precision precision);

  /// The same, and `name`.bias of each part where `bias` is set.
  LinearWeights linear(const std::vector<LinearPart>& parts, std::int64_t inputs, bool bias,
                       Precision precision = Precision::quantisable);

  /// One expert's matrix: of `name`_blocks (experts, outputs, groups, 16) and `name`_scales
  /// (experts, outputs, groups) in MXFP4, else of `name`, with its inputs where `axis` says.
  ops::PackedMatrix stacked(const TensorStack& stack, std::int64_t expert, RowOrder order,
                            InputAxis axis);
  /// One expert's row of `name` (experts, size).
  std::vector<float> stacked_vector(const std::string& name, std::int64_t experts,
                                    std::int64_t size, std::int64_t expert, RowOrder order);

  /// Tensors that nobody took, by name.
  [[nodiscard]] std::vector<std::string> left_over() const;

 private:
  using Shape = std::vector<std::int64_t>;
  Checkpoint::Entry take(const std::string& name, const Shape& shape);
  MatrixView whole(const std::string& name, std::int64_t rows, std::int64_t columns);
  std::optional<BlockScales> block_scales(const std::string& name, std::int64_t rows,
                                          std::int64_t columns);
  std::optional<BlockScales> row_scales(const std::string& name, std::int64_t rows);
  BlockScales scales_of(const std::string& name, std::int64_t rows, std::int64_t columns);
  ops::PackedMatrix dense_expert(const TensorStack& stack, std::int64_t expert, RowOrder order,
                                 InputAxis axis);
  ops::PackedMatrix mxfp4_expert(const TensorStack& stack, std::int64_t expert, RowOrder order);
  [[nodiscard]] ops::WeightType packed_type(const std::vector<MatrixView>& parts,
                                            Precision precision) const;
  void pack(const MatrixView& view, std::int64_t first_output, ops::PackedMatrix& matrix);
  [[nodiscard]] Error shape_error(const std::string& name, const std::string& found,
                                  const Shape& expected) const;

  const Checkpoint& checkpoint_;
  LoadOptions options_;
  ops::ThreadPool pool_;
  std::set<std::string> taken_;
};

}  // namespace pagequest::model
