// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model_config.h"

namespace pagequest::model {

/// Radians a position of each pair of components, (head_dim / 2), computed in f32 as Hugging Face
/// does: theta^(-2i / head_dim), stretched by `rope.type`: linear interpolation (arXiv 2306.15595),
/// Llama 3's smoothed cut between wavelengths, or YaRN's ramp between interpolation and
/// extrapolation (arXiv 2309.00071, section 3.2).
[[nodiscard]] std::vector<float> rope_frequencies(const RopeConfig& rope, std::int32_t head_dim);

}  // namespace pagequest::model
