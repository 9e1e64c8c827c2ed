// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include "base/params.h"
#include "engine/model/random_model.h"

namespace pagequest::model {
namespace {

/// Fields that the geometries below set apart, as the models' config.json give them.
struct Geometry {
  std::string_view name;
  std::string_view family;
  std::int32_t hidden_size;
  std::int32_t layers;
  std::int32_t query_heads;
  std::int32_t kv_heads;
  std::int32_t head_dim;
  std::int32_t intermediate_size;
  std::int32_t vocabulary;
  std::int32_t max_positions;
  bool tied_embeddings;
  RopeConfig rope;
};

constexpr RopeConfig kLlama31Rope = {
    .type = RopeType::llama3, .theta = 500000.0, .factor = 8.0, .original_max_positions = 8192};
constexpr RopeConfig kQwen3Rope = {.theta = 1000000.0};
constexpr RopeConfig kGptOssRope = {.type = RopeType::yarn,
                                    .theta = 150000.0,
                                    .factor = 32.0,
                                    .original_max_positions = 4096,
                                    .truncate = false,
                                    .attention_factor = 1.3465735902799727};  // 1 + 0.1 ln 32

// Sorted by name.
constexpr std::array<Geometry, 5> kGeometries = {{
    {"gpt-oss-20b", "gpt-oss", 2880, 24, 64, 8, 64, 2880, 201088, 131072, false, kGptOssRope},
    {"llama-3.1-8b", "llama", 4096, 32, 32, 8, 128, 14336, 128256, 131072, false, kLlama31Rope},
    {"qwen3-0.6b", "qwen3", 1024, 28, 16, 8, 128, 3072, 151936, 40960, true, kQwen3Rope},
    {"qwen3-8b", "qwen3", 4096, 36, 32, 8, 128, 12288, 151936, 40960, false, kQwen3Rope},
    {"tiny", "qwen3", 64, 2, 4, 2, 16, 128, 256, 4096, true, kQwen3Rope},
}};

void set_gpt_oss(ModelConfig& config) {
  config.activation = Activation::clamped_swiglu;
  config.rms_norm_epsilon = 1e-5F;
  config.attention_bias = config.attention_output_bias = true;
  config.attention_sinks = true;
  config.moe = {.experts = 32, .experts_per_token = 4, .intermediate_size = 2880};
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    config.sparse_layers.push_back(true);
    config.windows.push_back(layer % 2 == 0 ? 128 : 0);
  }
}

}  // namespace

std::vector<std::string_view> geometry_names() {
  std::vector<std::string_view> names;
  for (const Geometry& geometry : kGeometries) names.push_back(geometry.name);
  return names;
}

ModelConfig named_geometry(std::string_view name) {
  const auto* at = std::find_if(kGeometries.begin(), kGeometries.end(),
                                [&](const Geometry& each) { return each.name == name; });
  if (at == kGeometries.end()) {
    std::vector<std::string> names;
    for (const Geometry& each : kGeometries) names.emplace_back(each.name);
    throw_unknown_name("model geometry", name, names);
  }
  ModelConfig config{.name = std::string(at->name),
                     .family = std::string(at->family),
                     .hidden_size = at->hidden_size,
                     .layers = at->layers,
                     .query_heads = at->query_heads,
                     .kv_heads = at->kv_heads,
                     .head_dim = at->head_dim,
                     .intermediate_size = at->intermediate_size,
                     .vocabulary = at->vocabulary,
                     .max_positions = at->max_positions,
                     .rms_norm_epsilon = at->family == "llama" ? 1e-5F : 1e-6F,
                     .rope = at->rope,
                     .tied_embeddings = at->tied_embeddings,
                     .query_key_norm = at->family == "qwen3"};
  if (at->family == "gpt-oss") set_gpt_oss(config);
  return config;
}

}  // namespace pagequest::model
