// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model.h"

#include "tests/unit/model/checkpoint.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;
using Tensors = std::map<std::string, StoredTensor>;

Model load(const Tensors& tensors, const json& config = small_config()) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  folder.write("tokenizer.json", small_tokenizer().dump());
  folder.write("model.safetensors", safetensors(tensors));
  return Model::load(folder.path());
}

float element(const ops::PackedMatrix& matrix, std::int64_t output, std::size_t input) {
  return row_of(matrix, output).at(input);
}

TEST_CASE("Projections that share an input are packed side by side") {
  Tensors tensors = small_tensors();
  std::vector<float> ramp(16 * 4);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(i);
  tensors["model.layers.0.self_attn.q_proj.weight"] = f32({16, 4}, ramp);
  const Model model = load(tensors);
  const LayerWeights& layer = model.weights().layers.at(0);
  CHECK(layer.query_key_value.matrix.outputs() == 16 + 8 + 8);
  CHECK(element(layer.query_key_value.matrix, 3, 2) == 14.0F);
  CHECK(element(layer.query_key_value.matrix, 16, 0) == 0.2F);
  CHECK(element(layer.query_key_value.matrix, 31, 3) == 0.3F);
  CHECK(layer.dense.gate_up.matrix.outputs() == 12);
  CHECK(element(layer.dense.gate_up.matrix, 5, 0) == 0.5F);
  CHECK(element(layer.dense.gate_up.matrix, 6, 0) == 0.6F);
  CHECK(model.config().layers == 1);
  CHECK(model.tokenizer().size() == 5);
}

TEST_CASE("Tied embeddings are the output layer; untied ones have their own") {
  CHECK(element(load(small_tensors()).weights().logits(), 4, 3) == 0.5F);
  json config = small_config();
  config["tie_word_embeddings"] = false;
  Tensors tensors = small_tensors();
  CHECK_THAT(input_error_of([&] { return load(tensors, config); }), Contains("lm_head.weight"));
  tensors["lm_head.weight"] = constant({5, 4}, 2.5F);
  CHECK(element(load(tensors, config).weights().logits(), 4, 3) == 2.5F);
}

TEST_CASE("A missing tensor or one of another shape is refused by name") {
  const std::string name = GENERATE("model.norm.weight", "model.layers.0.mlp.down_proj.weight");
  const bool missing = GENERATE(true, false);
  Tensors tensors = small_tensors();
  if (missing) {
    tensors.erase(name);
  } else {
    tensors[name] = constant({3, 3}, 1.0F);
  }
  CHECK_THAT(input_error_of([&] { return load(tensors); }), Contains(name));
}

TEST_CASE("A tensor that the family does not have is refused by name") {
  const std::string name =
      GENERATE("model.layers.0.self_attn.q_proj.bias", "model.layers.0.self_attn.q_norm.weight",
               "model.layers.1.input_layernorm.weight");
  Tensors tensors = small_tensors();
  tensors[name] = constant({4}, 1.0F);
  CHECK_THAT(input_error_of([&] { return load(tensors); }), Contains(name));
}

TEST_CASE("Tensors that change nothing are reported as unused") {
  Tensors tensors = small_tensors();
  tensors["lm_head.weight"] = constant({5, 4}, 2.5F);
  tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = constant({4}, 1.0F);
  CHECK(load(tensors).weights().unused_tensors ==
        std::vector<std::string>{"lm_head.weight", "model.layers.0.self_attn.rotary_emb.inv_freq"});
  CHECK(load(small_tensors()).weights().unused_tensors.empty());
}

TEST_CASE("The weights' hash depends on every byte and on nothing else") {
  const std::string hash = load(small_tensors()).weights_hash();
  CHECK(hash.size() == 16);
  CHECK(hash.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(load(small_tensors()).weights_hash() == hash);
  for (const auto& [name, tensor] : small_tensors()) {
    Tensors changed = small_tensors();
    changed[name].bytes[tensor.bytes.size() - 2] ^= 1;
    CAPTURE(name);
    CHECK(load(changed).weights_hash() != hash);
  }
}

}  // namespace
}  // namespace pagequest::model::test
