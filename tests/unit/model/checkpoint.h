// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/ops/cpu/packed_matrix.h"

namespace pagequest::model::test {

using nlohmann::json;

/// A folder of its own that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "pagequest-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
  }

 private:
  std::filesystem::path path_;
};

struct StoredTensor {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

inline StoredTensor f32(const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return {"F32", shape, bytes};
}

inline StoredTensor constant(const std::vector<std::int64_t>& shape, float value) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return f32(shape, std::vector<float>(static_cast<std::size_t>(count), value));
}

/// 8 bytes of header length, the header, the data.
inline std::string safetensors(const std::string& header, const std::string& data) {
  std::string file(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  return file + header + data;
}

inline std::string safetensors(const std::map<std::string, StoredTensor>& tensors) {
  json header = {{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    header[name] = {{"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
    data += tensor.bytes;
  }
  return safetensors(header.dump(), data);
}

/// One layer, 2 query heads on 1 KV head of 8, hidden size 4, 5 words.
inline json small_config() {
  return {{"architectures", {"LlamaForCausalLM"}},
          {"model_type", "llama"},
          {"hidden_act", "silu"},
          {"hidden_size", 4},
          {"intermediate_size", 6},
          {"num_hidden_layers", 1},
          {"num_attention_heads", 2},
          {"num_key_value_heads", 1},
          {"head_dim", 8},
          {"vocab_size", 5},
          {"max_position_embeddings", 32},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", 500.0},
          {"tie_word_embeddings", true},
          {"bos_token_id", 0},
          {"eos_token_id", json::array({1, 2})}};
}

inline std::map<std::string, StoredTensor> small_tensors() {
  const std::string layer = "model.layers.0.";
  return {{"model.embed_tokens.weight", constant({5, 4}, 0.5F)},
          {"model.norm.weight", constant({4}, 1.0F)},
          {layer + "input_layernorm.weight", constant({4}, 1.0F)},
          {layer + "post_attention_layernorm.weight", constant({4}, 1.0F)},
          {layer + "self_attn.q_proj.weight", constant({16, 4}, 0.1F)},
          {layer + "self_attn.k_proj.weight", constant({8, 4}, 0.2F)},
          {layer + "self_attn.v_proj.weight", constant({8, 4}, 0.3F)},
          {layer + "self_attn.o_proj.weight", constant({4, 16}, 0.4F)},
          {layer + "mlp.gate_proj.weight", constant({6, 4}, 0.5F)},
          {layer + "mlp.up_proj.weight", constant({6, 4}, 0.6F)},
          {layer + "mlp.down_proj.weight", constant({4, 6}, 0.7F)}};
}

inline json small_tokenizer() {
  return {{"version", "1.0"},
          {"added_tokens", json::array({{{"id", 0}, {"content", "<bos>"}, {"special", true}}})},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
          {"post_processor", nullptr},
          {"decoder", nullptr},
          {"model",
           {{"type", "WordLevel"},
            {"vocab", {{"<bos>", 0}, {"<eos>", 1}, {"<unk>", 2}, {"red", 3}, {"blue", 4}}},
            {"unk_token", "<unk>"}}}};
}

/// The weights of one output, as the kernels use them.
inline std::vector<float> row_of(const ops::PackedMatrix& matrix, std::int64_t output) {
  std::vector<float> row(static_cast<std::size_t>(matrix.inputs()));
  matrix.get_output(output, row.data());
  return row;
}

/// The message of the input_error that `action` throws; fails the test when it throws none.
template <class Action>
std::string input_error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  FAIL("no error was thrown");
  return {};
}

}  // namespace pagequest::model::test
