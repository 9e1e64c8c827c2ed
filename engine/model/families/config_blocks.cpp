// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/families/config_blocks.h"

#include <limits>
#include <string>
#include <vector>

#include "engine/model/config_reader.h"

namespace pagequest::model {
namespace {

constexpr std::int32_t kMostPositions = std::numeric_limits<std::int32_t>::max() / 2;

std::int32_t read_head_dim(const ConfigReader& reader, const ModelConfig& config,
                           std::int32_t default_dim) {
  constexpr std::int32_t kStep = 8;  // the attention kernels take components in eights
  std::int32_t dim = default_dim;
  if (reader.has("head_dim")) {
    dim = reader.integer("head_dim", kStep, 1024);
  } else if (dim == 0) {
    if (config.hidden_size % config.query_heads != 0) {
      throw reader.error("hidden_size", "a multiple of num_attention_heads, or a head_dim");
    }
    dim = config.hidden_size / config.query_heads;
  }
  if (dim % kStep != 0) {
    throw reader.error("head_dim", "a multiple of 8, not " + std::to_string(dim));
  }
  return dim;
}

std::int32_t read_kv_heads(const ConfigReader& reader, const ModelConfig& config,
                           std::int32_t absent) {
  const std::string field = "num_key_value_heads";
  std::int32_t heads = config.query_heads;
  if (reader.has(field)) {
    heads = reader.integer(field, 1, config.query_heads);
  } else if (absent > 0 && !reader.has_or_null(field)) {
    heads = absent;
  }
  if (config.query_heads % heads != 0) {
    throw reader.error(field, "a divisor of num_attention_heads");
  }
  return heads;
}

void read_special_tokens(const ConfigReader& reader, ModelConfig& config) {
  const std::int32_t last = config.vocabulary - 1;
  if (reader.has("bos_token_id")) config.bos_token = reader.integer("bos_token_id", 0, last);
  if (reader.has("eos_token_id")) config.eos_tokens = reader.integers("eos_token_id", 0, last);
}

}  // namespace

void read_decoder(const ConfigReader& reader, ModelConfig& config, const ConfigDefaults& defaults) {
  reader.require_text("hidden_act", "silu");
  config.hidden_size = reader.size("hidden_size");
  config.layers = reader.integer("num_hidden_layers", 1, 1000);
  config.query_heads = reader.integer("num_attention_heads", 1, 1024);
  config.kv_heads = read_kv_heads(reader, config, defaults.kv_heads);
  config.head_dim = read_head_dim(reader, config, defaults.head_dim);
  config.intermediate_size = reader.size("intermediate_size");
  config.vocabulary = reader.size("vocab_size");
  config.max_positions = reader.integer("max_position_embeddings", 1, kMostPositions);
  config.rms_norm_epsilon =
      static_cast<float>(reader.positive("rms_norm_eps", defaults.rms_norm_epsilon));
  read_rope(reader, config, defaults.rope_theta);
  config.tied_embeddings = reader.flag("tie_word_embeddings", false);
  read_special_tokens(reader, config);
}

void set_uniform_window(ModelConfig& config, std::int32_t window) {
  config.windows.clear();
  if (window > 0) config.windows.assign(static_cast<std::size_t>(config.layers), window);
}

void read_layer_types(const ConfigReader& reader, ModelConfig& config, std::int32_t window) {
  const std::vector<std::string> types = reader.texts("layer_types");
  if (types.size() != static_cast<std::size_t>(config.layers)) {
    throw reader.error("layer_types", "num_hidden_layers entries");
  }
  bool any = false;
  std::vector<std::int32_t> windows;
  for (const std::string& type : types) {
    const bool sliding = type == "sliding_attention";
    if (!sliding && type != "full_attention") {
      throw reader.error("layer_types", "full_attention or sliding_attention", "found " + type);
    }
    if (sliding && window == 0) {
      throw reader.error("layer_types", "full_attention, as the config has no sliding window");
    }
    any = any || sliding;
    windows.push_back(sliding ? window : 0);
  }
  config.windows = any ? windows : std::vector<std::int32_t>{};
}

std::int32_t sliding_window(const ConfigReader& reader, std::int32_t absent) {
  const std::string field = "sliding_window";
  if (reader.has(field)) return reader.integer(field, 1, kMostPositions);
  return reader.has_or_null(field) ? 0 : absent;
}

std::int32_t switched_sliding_window(const ConfigReader& reader) {
  reader.skip("sliding_window");
  if (!reader.flag("use_sliding_window", false)) return 0;
  if (!reader.has("sliding_window")) {
    throw reader.error("sliding_window", "a number of tokens, as use_sliding_window is true");
  }
  return sliding_window(reader, 0);
}

void read_qwen_windows(const ConfigReader& reader, ModelConfig& config) {
  const std::int32_t window = switched_sliding_window(reader);
  reader.skip("max_window_layers");
  if (reader.has("layer_types")) return read_layer_types(reader, config, window);
  if (window == 0) return;
  const std::int32_t first = reader.integer("max_window_layers", 0, kMostPositions);
  if (first >= config.layers) return;
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    config.windows.push_back(layer >= first ? window : 0);
  }
}

void read_experts(const ConfigReader& reader, ModelConfig& config) {
  constexpr std::int64_t kMost = 4096;
  const bool local = reader.has("num_local_experts");
  const std::string field = local ? "num_local_experts" : "num_experts";
  config.moe.experts = reader.integer(field, 1, kMost);
  if (local) reader.require_number("num_experts", config.moe.experts);
  config.moe.experts_per_token = reader.integer("num_experts_per_tok", 1, config.moe.experts);
}

}  // namespace pagequest::model
