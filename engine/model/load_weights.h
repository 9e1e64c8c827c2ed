// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/model/checkpoint.h"
#include "engine/model/model_config.h"
#include "engine/model/weights.h"

namespace pagequest::model {

/// What the matrices that a step reads as a whole are rounded to (in int8 and fp8, ops::kScaleGroup
/// inputs share a scale): the projections, the experts and the output layer. Routers, norms and an
/// embedding that is not tied keep their stored precision, and MXFP4 matrices stay as they are, as
/// do those in F8_E4M3 with fp8.
enum class WeightStorage : std::uint8_t { as_stored, int8, fp8, bf16 };

/// "stored", "int8", "fp8" or "bf16".
[[nodiscard]] std::string_view to_string(WeightStorage storage);
/// Throws usage_error that lists the names.
[[nodiscard]] WeightStorage weight_storage_named(std::string_view name);
/// None: as stored.
[[nodiscard]] std::optional<ops::WeightType> type_of(WeightStorage storage);

struct LoadOptions {
  WeightStorage storage = WeightStorage::as_stored;
};

/// Takes the tensors of the config's family out of a checkpoint and packs them. Throws input_error
/// that names the tensor when one is missing, of another shape or dtype, not finite, or has no
/// place in the family's models.
[[nodiscard]] Weights load_weights(const Checkpoint& checkpoint, const ModelConfig& config,
                                   const LoadOptions& options = {});

}  // namespace pagequest::model
