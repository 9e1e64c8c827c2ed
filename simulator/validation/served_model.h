// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

/// The catalog model that a checkpoint ("meta-llama/Llama-3.1-8B-Instruct") in a number format
/// ("" as published, "bf16", "fp8", "fp4") is; none if there is no such model. TensorRT-LLM's fp8
/// checkpoints keep fp8 keys and values, the other engines' default is bf16.
[[nodiscard]] std::optional<ModelSpec> served_model(std::string_view checkpoint,
                                                    std::string_view precision,
                                                    std::string_view engine);

/// The catalog machine of a system's name ("h100_sxm"); none if it isn't known.
[[nodiscard]] std::optional<std::string> served_machine(std::string_view system);

}  // namespace pagequest::simulator
