// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::model {

enum class RopeType : std::uint8_t { standard, linear, llama3, yarn };

/// Rotary position embedding and how it is stretched beyond the trained context. Fields of other
/// types than `type` are unused.
struct RopeConfig {
  RopeType type = RopeType::standard;
  double theta = 10000.0;
  double factor = 1.0;                      // linear, llama3, yarn
  std::int32_t original_max_positions = 0;  // llama3, yarn
  double low_frequency_factor = 1.0;        // llama3
  double high_frequency_factor = 4.0;       // llama3
  double beta_fast = 32.0;                  // yarn
  double beta_slow = 1.0;                   // yarn
  bool truncate = true;                     // yarn: the ramp's ends are whole dimensions
  double attention_factor = 1.0;            // yarn: multiplies cosines and sines
};

enum class Activation : std::uint8_t {
  swiglu,          // silu(gate) * up
  clamped_swiglu,  // gpt-oss: gate * sigmoid(1.702 gate) * (up + 1), both clamped at 7
};

/// A sparse feed-forward part: each token goes through a few of many experts.
struct ExpertConfig {
  std::int32_t experts = 0;  // 0: dense
  std::int32_t experts_per_token = 0;
  std::int32_t intermediate_size = 0;  // of one expert
  bool normalise_weights = true;       // the chosen experts' weights sum to 1
};

/// The shape of a decoder, as config.json of a Hugging Face folder gives it.
struct ModelConfig {
  std::string name;    // "_name_or_path", or the folder's name
  std::string family;  // of the family registry: "llama", "qwen3", "gpt-oss", ...
  std::int32_t hidden_size = 0;
  std::int32_t layers = 0;
  std::int32_t query_heads = 0;
  std::int32_t kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int32_t intermediate_size = 0;  // of dense layers
  std::int32_t vocabulary = 0;         // tokens
  std::int32_t max_positions = 0;      // longest context
  float rms_norm_epsilon = 0.0F;
  RopeConfig rope;
  Activation activation = Activation::swiglu;
  ExpertConfig moe;
  std::vector<bool> sparse_layers;    // (layer); empty: none
  std::vector<std::int32_t> windows;  // (layer): tokens that a query sees, itself included;
                                      // 0: all. Empty: all layers see all
  bool tied_embeddings = false;
  bool attention_bias = false;         // of queries, keys and values
  bool attention_output_bias = false;  // of the projection behind the attention
  bool query_key_norm = false;         // RMSNorm over head_dim before the rotation
  bool attention_sinks = false;        // a learned logit a query head in the softmax
  std::int32_t bos_token = -1;         // -1: none
  std::vector<std::int32_t> eos_tokens;
  std::vector<std::string> ignored_fields;  // of config.json, that no reader knows; for a report

  [[nodiscard]] std::int32_t window(std::int32_t layer) const {
    return windows.empty() ? 0 : windows[static_cast<std::size_t>(layer)];
  }
  [[nodiscard]] bool is_sparse(std::int32_t layer) const {
    return !sparse_layers.empty() && sparse_layers[static_cast<std::size_t>(layer)];
  }
};

/// Reads `folder`/config.json. Throws input_error that names the field when the file is missing or
/// malformed, the architecture is of no known family (lists them), or a field asks for a
/// computation that the engine does not do. Fields that no reader knows are listed in
/// `ignored_fields`, unless their name looks like part of the computation: those are refused.
[[nodiscard]] ModelConfig load_config(const std::filesystem::path& folder);

/// The same for `text`, the content of `path`.
[[nodiscard]] ModelConfig parse_config(std::string_view text, const std::filesystem::path& path);

}  // namespace pagequest::model
