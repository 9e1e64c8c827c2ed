// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/model.h"
#include "tests/unit/model/checkpoint.h"

namespace pagequest::model::test {

using Tensors = std::map<std::string, StoredTensor>;

/// Shape of the checkpoints below: 2 layers, 2 query heads on 1 KV head, 5 words.
inline constexpr std::int64_t kHidden = 4;
inline constexpr std::int64_t kHeadDim = 8;
inline constexpr std::int64_t kInner = 6;
inline constexpr std::int64_t kExperts = 3;

/// Elements that no other tensor of the checkpoint has: 0, 1, 2, ... after `next`.
inline StoredTensor counted(const std::vector<std::int64_t>& shape, float& next) {
  StoredTensor tensor = constant(shape, 0.0F);
  for (std::size_t at = 0; at < tensor.bytes.size(); at += sizeof(float)) {
    std::memcpy(tensor.bytes.data() + at, &next, sizeof next);
    next += 1.0F;
  }
  return tensor;
}

inline json family_config(const std::string& architecture, const std::string& type) {
  json config = small_config();
  config["architectures"] = json::array({architecture});
  config["model_type"] = type;
  config["num_hidden_layers"] = 2;
  config["tie_word_embeddings"] = false;
  return config;
}

/// What all families have, with the biases and norms that `extra` names: "qkv_bias", "o_bias",
/// "qk_norm".
inline Tensors attention_tensors(float& next, const std::vector<std::string>& extra) {
  const std::int64_t query = 2 * kHeadDim;
  const auto has = [&](const std::string& part) {
    return std::find(extra.begin(), extra.end(), part) != extra.end();
  };
  Tensors tensors{{"model.embed_tokens.weight", counted({5, kHidden}, next)},
                  {"lm_head.weight", counted({5, kHidden}, next)},
                  {"model.norm.weight", counted({kHidden}, next)}};
  for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
    const std::string attention = layer + "self_attn.";
    const std::vector<std::pair<std::string, std::int64_t>> inputs{
        {"q_proj", query}, {"k_proj", kHeadDim}, {"v_proj", kHeadDim}};
    for (const auto& [name, outputs] : inputs) {
      tensors[attention + name + ".weight"] = counted({outputs, kHidden}, next);
      if (has("qkv_bias")) tensors[attention + name + ".bias"] = counted({outputs}, next);
    }
    tensors[attention + "o_proj.weight"] = counted({kHidden, query}, next);
    if (has("o_bias")) tensors[attention + "o_proj.bias"] = counted({kHidden}, next);
    for (const std::string name : {"q_norm.weight", "k_norm.weight"}) {
      if (has("qk_norm")) tensors[attention + name] = counted({kHeadDim}, next);
    }
    tensors[layer + "input_layernorm.weight"] = counted({kHidden}, next);
    tensors[layer + "post_attention_layernorm.weight"] = counted({kHidden}, next);
  }
  return tensors;
}

inline void add_gated(Tensors& tensors, const std::string& prefix, float& next) {
  tensors[prefix + "gate_proj.weight"] = counted({kInner, kHidden}, next);
  tensors[prefix + "up_proj.weight"] = counted({kInner, kHidden}, next);
  tensors[prefix + "down_proj.weight"] = counted({kHidden, kInner}, next);
}

inline Model load_model(const json& config, const Tensors& tensors,
                        const LoadOptions& options = {}) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  folder.write("tokenizer.json", small_tokenizer().dump());
  folder.write("model.safetensors", safetensors(tensors));
  return Model::load(folder.path(), options);
}

inline std::vector<float> floats(const StoredTensor& tensor) {
  std::vector<float> values(tensor.bytes.size() / sizeof(float));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

/// Row `row` of a tensor whose last extent is `columns`.
inline std::vector<float> row_of(const StoredTensor& tensor, std::int64_t row,
                                 std::int64_t columns) {
  const std::vector<float> values = floats(tensor);
  return {values.begin() + row * columns, values.begin() + (row + 1) * columns};
}

/// The outputs from `first` on are the rows of `tensor`.
inline void check_rows(const ops::PackedMatrix& matrix, std::int64_t first,
                       const StoredTensor& tensor) {
  const std::int64_t columns = tensor.shape.back();
  REQUIRE(matrix.inputs() == columns);
  for (std::int64_t row = 0; row < tensor.shape.front(); ++row) {
    CAPTURE(row);
    CHECK(row_of(matrix, first + row) == row_of(tensor, row, columns));
  }
}

}  // namespace pagequest::model::test
