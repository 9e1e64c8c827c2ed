// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "simulator/cost/cost_coefficients.h"

namespace pagequest::simulator {

/// What a serving engine adds to the kernels of the machine, and its default share of the memory.
struct EngineOverheads {
  std::string_view name;
  std::string_view description;
  CostCoefficients coefficients;
  double memory_share = 0.9;  // of the GPU's memory, for weights, activations, keys and values
  bool prefill_first = false;
  std::string_view source;
};

/// Sorted by name.
[[nodiscard]] std::span<const EngineOverheads> engine_overheads();

/// By name; throws usage_error that lists the valid names.
[[nodiscard]] const EngineOverheads& engine_overheads_named(std::string_view name);

}  // namespace pagequest::simulator
