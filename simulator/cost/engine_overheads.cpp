// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/engine_overheads.h"

#include <array>

#include "base/params.h"

namespace pagequest::simulator {
namespace {

constexpr EngineOverheads engine(std::string_view name, std::string_view description,
                                 CostCoefficients coefficients, double memory_share,
                                 bool prefill_first, std::string_view source) {
  return {name, description, coefficients, memory_share, prefill_first, source};
}

constexpr CostCoefficients coefficients(double iteration_us, double sequence_us, double layer_us,
                                        double decode_attention, double prefill) {
  constexpr double kAllReduce = 5.7;
  return {iteration_us, sequence_us, layer_us, kAllReduce, 1.0, decode_attention, prefill};
}

constexpr std::array kEngines = {
    engine("sglang", "", coefficients(600.0, 15.0, 12.0, 1.0, 1.0), 0.88, true, ""),
    engine("trtllm", "", coefficients(600.0, 15.0, 12.0, 1.0, 1.0), 0.9, false, ""),
    engine("vllm", "", coefficients(600.0, 15.0, 12.0, 1.0, 1.0), 0.9, false, ""),
};

}  // namespace

std::span<const EngineOverheads> engine_overheads() { return kEngines; }

const EngineOverheads& engine_overheads_named(std::string_view name) {
  return entry_named("serving engine", name, kEngines);
}

}  // namespace pagequest::simulator
