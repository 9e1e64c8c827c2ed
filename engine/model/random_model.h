// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/model/model.h"

namespace pagequest::model {

/// Names of well-known models' shapes, sorted.
[[nodiscard]] std::vector<std::string_view> geometry_names();

/// The config of a well-known model, or of "tiny". Throws usage_error that lists the names.
[[nodiscard]] ModelConfig named_geometry(std::string_view name);

/// A model with random weights and no tokenizer, for benchmarks: its memory traffic and arithmetic
/// are those of the real model, its output is noise. Matrices are stored as `type`, but a sparse
/// layer's router as f32; with mxfp4 only the experts are, and the rest is bf16. The same seed
/// gives the same weights.
[[nodiscard]] Model random_model(const ModelConfig& config, std::uint64_t seed,
                                 ops::WeightType type);

}  // namespace pagequest::model
