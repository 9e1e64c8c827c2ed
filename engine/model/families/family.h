// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/model/model_config.h"
#include "engine/model/weights.h"

namespace pagequest::model {

class ConfigReader;
class TensorReader;

/// What sets one family of models apart: how its config.json is read and how its tensors are named.
struct Family {
  std::string_view name;          // in ModelConfig::family
  std::string_view architecture;  // in config.json's `architectures`
  std::string_view model_type;    // config.json's `model_type`
  void (*read_config)(const ConfigReader&, ModelConfig&);
  LayerWeights (*load_layer)(TensorReader&, const ModelConfig&, std::int32_t layer);
};

/// All families, by name.
[[nodiscard]] std::span<const Family> families();

/// The family of a config.json. Throws input_error that lists the valid names.
[[nodiscard]] const Family& find_family(const ConfigReader& reader);

/// Throws usage_error that lists the valid names.
[[nodiscard]] const Family& family_named(std::string_view name);

}  // namespace pagequest::model
