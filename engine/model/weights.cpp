// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/weights.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <span>

#include "base/error.h"
#include "base/rng.h"

namespace pagequest::model {
namespace {

using Shape = std::vector<std::int64_t>;

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (const std::int64_t extent : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + "]";
}

Error tensor_error(const Safetensors& file, const std::string& what, const std::string& found,
                   const std::string& expected) {
  return input_error({.what = what,
                      .where = file.path().string(),
                      .found = found,
                      .expected = expected,
                      .hint = "config.json and model.safetensors must belong together"});
}

/// Takes tensors out of a file one by one and knows in the end which ones nobody took.
class TensorReader {
 public:
  explicit TensorReader(const Safetensors& file) : file_(file) {}

  std::vector<float> take(const std::string& name, const Shape& shape) {
    const auto at = file_.tensors().find(name);
    if (at == file_.tensors().end()) {
      throw tensor_error(file_, "missing tensor `" + name + "`", {}, to_string(shape));
    }
    if (at->second.shape != shape) {
      throw tensor_error(file_, "tensor `" + name + "` has another shape",
                         to_string(at->second.shape), to_string(shape));
    }
    taken_.insert(name);
    return to_floats(file_, name, at->second);
  }

  /// Fills the outputs of a packed matrix from tensors of (outputs, inputs), in order.
  ops::PackedMatrix pack(const std::vector<std::pair<std::string, std::int64_t>>& parts,
                         std::int64_t inputs) {
    std::int64_t outputs = 0;
    for (const auto& part : parts) outputs += part.second;
    ops::PackedMatrix matrix(outputs, inputs);
    std::int64_t first = 0;
    for (const auto& [name, rows] : parts) {
      matrix.set_outputs(first, take(name, {rows, inputs}).data(), rows);
      first += rows;
    }
    return matrix;
  }

  [[nodiscard]] std::vector<std::string> left_over() const {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : file_.tensors()) {
      if (!taken_.contains(name)) names.push_back(name);
    }
    return names;
  }

 private:
  const Safetensors& file_;
  std::set<std::string> taken_;
};

LayerWeights load_layer(TensorReader& reader, const ModelConfig& config, std::int32_t layer) {
  const std::string prefix = "model.layers." + std::to_string(layer) + ".";
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t query = std::int64_t{config.query_heads} * config.head_dim;
  const std::int64_t key = std::int64_t{config.kv_heads} * config.head_dim;
  const std::int64_t inner = config.intermediate_size;
  const std::string attention = prefix + "self_attn.";
  LayerWeights weights;
  weights.attention_norm = reader.take(prefix + "input_layernorm.weight", {hidden});
  weights.query_key_value = reader.pack({{attention + "q_proj.weight", query},
                                         {attention + "k_proj.weight", key},
                                         {attention + "v_proj.weight", key}},
                                        hidden);
  weights.attention_output = reader.pack({{attention + "o_proj.weight", hidden}}, query);
  weights.feed_forward_norm = reader.take(prefix + "post_attention_layernorm.weight", {hidden});
  weights.gate_up = reader.pack(
      {{prefix + "mlp.gate_proj.weight", inner}, {prefix + "mlp.up_proj.weight", inner}}, hidden);
  weights.down = reader.pack({{prefix + "mlp.down_proj.weight", hidden}}, inner);
  return weights;
}

/// Eight bytes at a time through mix64; the length keeps zero padding apart from zero bytes.
std::uint64_t hash_bytes(std::uint64_t hash, std::span<const std::byte> bytes) {
  hash = mix64(hash ^ bytes.size());
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
    hash = mix64(hash ^ word);
  }
  return hash;
}

std::uint64_t hash_of(const Safetensors& file) {
  std::uint64_t hash = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    hash = hash_bytes(hash, std::as_bytes(std::span(name)));
    hash = hash_bytes(hash, std::as_bytes(std::span(tensor.dtype)));
    hash = hash_bytes(hash, tensor.bytes);
  }
  return hash;
}

bool changes_nothing(const std::string& name, const ModelConfig& config) {
  return name.ends_with("rotary_emb.inv_freq") ||
         (config.tied_embeddings && name == "lm_head.weight");
}

}  // namespace

Weights load_weights(const Safetensors& file, const ModelConfig& config) {
  TensorReader reader(file);
  const std::int64_t vocabulary = config.vocabulary;
  Weights weights;
  weights.embedding = reader.take("model.embed_tokens.weight", {vocabulary, config.hidden_size});
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    weights.layers.push_back(load_layer(reader, config, layer));
  }
  weights.final_norm = reader.take("model.norm.weight", {config.hidden_size});
  const std::string output =
      config.tied_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  weights.logits = reader.pack({{output, vocabulary}}, config.hidden_size);
  weights.unused_tensors = reader.left_over();
  for (const std::string& name : weights.unused_tensors) {
    if (changes_nothing(name, config)) continue;
    throw tensor_error(file, "tensor `" + name + "` has no place in a plain Llama model", {}, {});
  }
  weights.hash = hash_of(file);
  return weights;
}

}  // namespace pagequest::model
