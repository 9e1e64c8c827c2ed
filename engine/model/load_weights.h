// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/model/checkpoint.h"
#include "engine/model/model_config.h"
#include "engine/model/weights.h"

namespace pagequest::model {

struct LoadOptions {
  /// Round every matrix that a step reads as a whole to int8 (ops::kInt8Group inputs share a
  /// scale): the projections, the experts and the output layer. Routers, norms and an embedding
  /// that is not tied keep their stored precision, and MXFP4 matrices stay as they are.
  bool int8 = false;
};

/// Takes the tensors of the config's family out of a checkpoint and packs them. Throws input_error
/// that names the tensor when one is missing, of another shape or dtype, not finite, or has no
/// place in the family's models.
[[nodiscard]] Weights load_weights(const Checkpoint& checkpoint, const ModelConfig& config,
                                   const LoadOptions& options = {});

}  // namespace pagequest::model
