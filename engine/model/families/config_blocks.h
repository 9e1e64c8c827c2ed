// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/model/model_config.h"

/// Parts of config.json that several families share. Each throws input_error that names the field.
namespace pagequest::model {

class ConfigReader;

/// What a config.json means when it leaves a field out, as Transformers' configuration classes
/// have it. head_dim 0: hidden_size / num_attention_heads.
struct ConfigDefaults {
  std::int32_t head_dim = 0;
  std::int32_t kv_heads = 0;  // 0, or null in the file: as many as query heads
  double rms_norm_epsilon = 1e-6;
  double rope_theta = 10000.0;
};

/// Shape, norm, activation, rotary embedding and special tokens.
void read_decoder(const ConfigReader& reader, ModelConfig& config, const ConfigDefaults& defaults);

/// `rope_parameters`, or the older `rope_theta` and `rope_scaling`.
void read_rope(const ConfigReader& reader, ModelConfig& config, double default_theta);

/// Every layer sees `window` tokens; 0: all.
void set_uniform_window(ModelConfig& config, std::int32_t window);

/// `layer_types` with "sliding_attention" layers of `window` tokens; 0: the config has no window,
/// so no layer may be of that type.
void read_layer_types(const ConfigReader& reader, ModelConfig& config, std::int32_t window);

/// `sliding_window`: 0 when it is null.
[[nodiscard]] std::int32_t sliding_window(const ConfigReader& reader, std::int32_t absent);

/// `sliding_window` where `use_sliding_window` is set, else 0.
[[nodiscard]] std::int32_t switched_sliding_window(const ConfigReader& reader);

/// The layers from `max_window_layers` on have the window, unless `layer_types` says otherwise.
void read_qwen_windows(const ConfigReader& reader, ModelConfig& config);

/// The number of experts and how many a token goes through. Newer files say `num_local_experts`.
void read_experts(const ConfigReader& reader, ModelConfig& config);

}  // namespace pagequest::model
