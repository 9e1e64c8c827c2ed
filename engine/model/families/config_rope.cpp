// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/config_reader.h"
#include "engine/model/families/config_blocks.h"

namespace pagequest::model {
namespace {

constexpr std::array<std::pair<std::string_view, RopeType>, 4> kTypes = {{
    {"default", RopeType::standard},
    {"linear", RopeType::linear},
    {"llama3", RopeType::llama3},
    {"yarn", RopeType::yarn},
}};

RopeType read_type(const ConfigReader& rope) {
  const std::string field = rope.has("rope_type") ? "rope_type" : "type";
  if (!rope.has(field)) return RopeType::standard;
  const std::string name = rope.text(field);
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  throw rope.error(field, "default, linear, llama3 or yarn");
}

/// YaRN's m(scale), arXiv 2309.00071, section 3.4; `mscale` as DeepSeek's configs give it.
double attention_scale(double factor, double mscale) {
  return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

double read_attention_factor(const ConfigReader& rope, double factor) {
  const bool both = rope.has("mscale") && rope.has("mscale_all_dim");
  if (rope.has("attention_factor")) return rope.positive("attention_factor");
  if (!both) return attention_scale(factor, 1.0);
  return attention_scale(factor, rope.positive("mscale")) /
         attention_scale(factor, rope.positive("mscale_all_dim"));
}

std::int32_t read_original_positions(const ConfigReader& rope, const ModelConfig& config) {
  const std::string field = "original_max_position_embeddings";
  return rope.has(field) ? rope.integer(field, 1, 1 << 30) : config.max_positions;
}

void read_llama3(const ConfigReader& rope, ModelConfig& config) {
  config.rope.factor = rope.positive("factor");
  config.rope.low_frequency_factor = rope.positive("low_freq_factor");
  config.rope.high_frequency_factor = rope.positive("high_freq_factor");
  if (config.rope.high_frequency_factor <= config.rope.low_frequency_factor) {
    throw rope.error("high_freq_factor", "more than low_freq_factor");
  }
  config.rope.original_max_positions = read_original_positions(rope, config);
}

/// A checkpoint that is stretched by YaRN keeps the trained context in max_position_embeddings.
void extend_context(ModelConfig& config) {
  const double stretched = config.rope.factor * config.rope.original_max_positions;
  constexpr double kMost = 1 << 30;
  config.max_positions =
      std::max(config.max_positions, static_cast<std::int32_t>(std::min(stretched, kMost)));
}

void read_yarn(const ConfigReader& rope, ModelConfig& config) {
  config.rope.original_max_positions = read_original_positions(rope, config);
  const double ratio =
      static_cast<double>(config.max_positions) / config.rope.original_max_positions;
  config.rope.factor = rope.positive("factor", ratio);
  config.rope.beta_fast = rope.positive("beta_fast", 32.0);
  config.rope.beta_slow = rope.positive("beta_slow", 1.0);
  config.rope.truncate = rope.flag("truncate", true);
  config.rope.attention_factor = read_attention_factor(rope, config.rope.factor);
  if (config.rope.theta <= 1.0) throw rope.error("rope_theta", "more than 1 with yarn");
  extend_context(config);
}

void read_scaling(const ConfigReader& rope, ModelConfig& config) {
  rope.require_number("partial_rotary_factor", 1.0);
  rope.skip("type");
  config.rope.type = read_type(rope);
  if (config.rope.type == RopeType::linear) config.rope.factor = rope.positive("factor");
  if (config.rope.type == RopeType::llama3) read_llama3(rope, config);
  if (config.rope.type == RopeType::yarn) read_yarn(rope, config);
  for (const std::string& field : rope.unread()) {
    throw rope.error(field, "no such field with this type of rotary embedding");
  }
}

}  // namespace

void read_rope(const ConfigReader& reader, ModelConfig& config, double default_theta) {
  reader.require_number("partial_rotary_factor", 1.0);
  reader.require_absent("original_max_position_embeddings");
  config.rope.theta = reader.positive("rope_theta", default_theta);
  // Hugging Face prefers the older name where a file has both.
  const bool older = reader.has("rope_scaling");
  if (!older && !reader.has("rope_parameters")) return;
  const ConfigReader rope = reader.object(older ? "rope_scaling" : "rope_parameters");
  config.rope.theta = rope.positive("rope_theta", config.rope.theta);
  read_scaling(rope, config);
}

}  // namespace pagequest::model
