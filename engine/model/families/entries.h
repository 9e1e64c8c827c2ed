// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/model/families/family.h"

/// The parts of each family's registry entry, defined in the file of its name.
namespace pagequest::model {

void read_gpt_oss(const ConfigReader& reader, ModelConfig& config);
LayerWeights load_gpt_oss(TensorReader& reader, const ModelConfig& config, std::int32_t layer);

void read_llama(const ConfigReader& reader, ModelConfig& config);
LayerWeights load_llama(TensorReader& reader, const ModelConfig& config, std::int32_t layer);

void read_mistral(const ConfigReader& reader, ModelConfig& config);
LayerWeights load_mistral(TensorReader& reader, const ModelConfig& config, std::int32_t layer);

void read_qwen2(const ConfigReader& reader, ModelConfig& config);
LayerWeights load_qwen2(TensorReader& reader, const ModelConfig& config, std::int32_t layer);

void read_qwen3(const ConfigReader& reader, ModelConfig& config);
LayerWeights load_qwen3(TensorReader& reader, const ModelConfig& config, std::int32_t layer);

void read_qwen3_moe(const ConfigReader& reader, ModelConfig& config);
LayerWeights load_qwen3_moe(TensorReader& reader, const ModelConfig& config, std::int32_t layer);

}  // namespace pagequest::model
