// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

/// A served model from a Hugging Face config.json as it is: model_type llama, mistral, mixtral,
/// qwen2, qwen3, qwen3_moe or gpt_oss; `quantization_config` of method fp8 (linear layers) or
/// mxfp4 (experts). Keys that say nothing about cost are ignored. Keys and values are taken as
/// bf16. `where` names the text in messages and, as a path, gives the model its name.
/// Throws input_error: an unknown type or format, a missing or contradicting field.
[[nodiscard]] ModelSpec parse_hf_config(std::string_view json, const std::string& where);

}  // namespace pagequest::simulator
