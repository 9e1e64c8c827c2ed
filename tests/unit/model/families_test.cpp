// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Checkpoints whose every element is another number, so that a wrong tensor, row or order shows.
#include <algorithm>

#include "engine/model/families/family.h"
#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

struct DenseFamily {
  std::string name;
  std::string architecture;
  std::string type;
  std::vector<std::string> extra;
};

std::vector<DenseFamily> dense_families() {
  return {{"llama", "LlamaForCausalLM", "llama", {}},
          {"mistral", "MistralForCausalLM", "mistral", {}},
          {"qwen2", "Qwen2ForCausalLM", "qwen2", {"qkv_bias"}},
          {"qwen3", "Qwen3ForCausalLM", "qwen3", {"qk_norm"}}};
}

Tensors dense_tensors(const DenseFamily& family) {
  float next = 1.0F;
  Tensors tensors = attention_tensors(next, family.extra);
  add_gated(tensors, "model.layers.0.mlp.", next);
  add_gated(tensors, "model.layers.1.mlp.", next);
  return tensors;
}

void check_attention(const LayerWeights& layer, const Tensors& tensors, const std::string& prefix) {
  const std::string attention = prefix + "self_attn.";
  check_rows(layer.query_key_value.matrix, 0, tensors.at(attention + "q_proj.weight"));
  check_rows(layer.query_key_value.matrix, 16, tensors.at(attention + "k_proj.weight"));
  check_rows(layer.query_key_value.matrix, 24, tensors.at(attention + "v_proj.weight"));
  check_rows(layer.attention_output.matrix, 0, tensors.at(attention + "o_proj.weight"));
  CHECK(layer.attention_norm == floats(tensors.at(prefix + "input_layernorm.weight")));
  CHECK(layer.feed_forward_norm == floats(tensors.at(prefix + "post_attention_layernorm.weight")));
}

void check_gated(const FeedForwardWeights& weights, const Tensors& tensors,
                 const std::string& prefix) {
  check_rows(weights.gate_up.matrix, 0, tensors.at(prefix + "gate_proj.weight"));
  check_rows(weights.gate_up.matrix, kInner, tensors.at(prefix + "up_proj.weight"));
  check_rows(weights.down.matrix, 0, tensors.at(prefix + "down_proj.weight"));
}

TEST_CASE("Dense families stack queries, keys and values, and gates on ups") {
  for (const DenseFamily& family : dense_families()) {
    CAPTURE(family.name);
    const Tensors tensors = dense_tensors(family);
    const Model model = load_model(family_config(family.architecture, family.type), tensors);
    CHECK(model.config().family == family.name);
    REQUIRE(model.weights().layers.size() == 2);
    check_rows(model.weights().embedding, 0, tensors.at("model.embed_tokens.weight"));
    check_rows(model.weights().logits(), 0, tensors.at("lm_head.weight"));
    CHECK(model.weights().final_norm == floats(tensors.at("model.norm.weight")));
    for (const int layer : {0, 1}) {
      const LayerWeights& weights = model.weights().layers[static_cast<std::size_t>(layer)];
      const std::string prefix = "model.layers." + std::to_string(layer) + ".";
      check_attention(weights, tensors, prefix);
      check_gated(weights.dense, tensors, prefix + "mlp.");
      CHECK(weights.experts.empty());
      CHECK(weights.sinks.empty());
    }
  }
}

TEST_CASE("Qwen2's biases follow the order of queries, keys and values") {
  const DenseFamily qwen2 = dense_families()[2];
  const Tensors tensors = dense_tensors(qwen2);
  const Model model = load_model(family_config(qwen2.architecture, qwen2.type), tensors);
  const LayerWeights& layer = model.weights().layers[1];
  std::vector<float> expected;
  for (const char* name : {"q_proj.bias", "k_proj.bias", "v_proj.bias"}) {
    const auto part = floats(tensors.at("model.layers.1.self_attn." + std::string(name)));
    expected.insert(expected.end(), part.begin(), part.end());
  }
  CHECK(layer.query_key_value.bias == expected);
  CHECK(layer.attention_output.bias.empty());
  CHECK(layer.dense.gate_up.bias.empty());
}

TEST_CASE("Llama's attention_bias also gives the output projection a bias") {
  float next = 1.0F;
  Tensors tensors = attention_tensors(next, {"qkv_bias", "o_bias"});
  add_gated(tensors, "model.layers.0.mlp.", next);
  add_gated(tensors, "model.layers.1.mlp.", next);
  json config = family_config("LlamaForCausalLM", "llama");
  config["attention_bias"] = true;
  const Model model = load_model(config, tensors);
  CHECK(model.weights().layers[0].query_key_value.bias.size() == 32);
  CHECK(model.weights().layers[0].attention_output.bias ==
        floats(tensors.at("model.layers.0.self_attn.o_proj.bias")));
}

TEST_CASE("Qwen3 normalises queries and keys with weights of their own") {
  const DenseFamily qwen3 = dense_families()[3];
  const Tensors tensors = dense_tensors(qwen3);
  const Model model = load_model(family_config(qwen3.architecture, qwen3.type), tensors);
  const LayerWeights& layer = model.weights().layers[0];
  CHECK(layer.query_norm == floats(tensors.at("model.layers.0.self_attn.q_norm.weight")));
  CHECK(layer.key_norm == floats(tensors.at("model.layers.0.self_attn.k_norm.weight")));
}

TEST_CASE("A family's tensors are demanded and another family's refused by name") {
  Tensors tensors = dense_tensors(dense_families()[0]);
  CHECK_THAT(input_error_of(
                 [&] { return load_model(family_config("Qwen3ForCausalLM", "qwen3"), tensors); }),
             Contains("model.layers.0.self_attn.q_norm.weight"));
  tensors = dense_tensors(dense_families()[2]);
  CHECK_THAT(input_error_of(
                 [&] { return load_model(family_config("LlamaForCausalLM", "llama"), tensors); }),
             Contains("model.layers.0.self_attn.k_proj.bias"));
}

json moe_config() {
  json config = family_config("Qwen3MoeForCausalLM", "qwen3_moe");
  config["num_experts"] = kExperts;
  config["num_experts_per_tok"] = 2;
  config["moe_intermediate_size"] = kInner;
  config["norm_topk_prob"] = true;
  config["mlp_only_layers"] = json::array({0});
  return config;
}

Tensors moe_tensors() {
  float next = 1.0F;
  Tensors tensors = attention_tensors(next, {"qk_norm"});
  add_gated(tensors, "model.layers.0.mlp.", next);
  tensors["model.layers.1.mlp.gate.weight"] = counted({kExperts, kHidden}, next);
  for (std::int64_t expert = 0; expert < kExperts; ++expert) {
    add_gated(tensors, "model.layers.1.mlp.experts." + std::to_string(expert) + ".", next);
  }
  return tensors;
}

TEST_CASE("Qwen3-MoE has a router and experts in sparse layers, a plain part in the others") {
  const Tensors tensors = moe_tensors();
  const Model model = load_model(moe_config(), tensors);
  const LayerWeights& dense = model.weights().layers[0];
  const LayerWeights& sparse = model.weights().layers[1];
  check_gated(dense.dense, tensors, "model.layers.0.mlp.");
  CHECK(dense.experts.empty());
  check_rows(sparse.router.matrix, 0, tensors.at("model.layers.1.mlp.gate.weight"));
  REQUIRE(sparse.experts.size() == 3);
  for (const std::size_t expert : {0U, 1U, 2U}) {
    check_gated(sparse.experts[expert], tensors,
                "model.layers.1.mlp.experts." + std::to_string(expert) + ".");
  }
}

TEST_CASE("Experts stacked in one tensor are the same as experts of their own") {
  const Tensors separate = moe_tensors();
  Tensors stacked;
  std::string gate_up;
  std::string down;
  for (const auto& [name, tensor] : separate) {
    if (name.find(".experts.") == std::string::npos) stacked[name] = tensor;
  }
  for (std::int64_t expert = 0; expert < kExperts; ++expert) {
    const std::string prefix = "model.layers.1.mlp.experts." + std::to_string(expert) + ".";
    gate_up += separate.at(prefix + "gate_proj.weight").bytes;
    gate_up += separate.at(prefix + "up_proj.weight").bytes;
    down += separate.at(prefix + "down_proj.weight").bytes;
  }
  const std::string prefix = "model.layers.1.mlp.experts.";
  stacked[prefix + "gate_up_proj"] = {"F32", {kExperts, 2 * kInner, kHidden}, gate_up};
  stacked[prefix + "down_proj"] = {"F32", {kExperts, kHidden, kInner}, down};
  const Model model = load_model(moe_config(), stacked);
  for (std::int64_t expert = 0; expert < kExperts; ++expert) {
    check_gated(model.weights().layers[1].experts[static_cast<std::size_t>(expert)], separate,
                prefix + std::to_string(expert) + ".");
  }
}

TEST_CASE("The families are known by distinct names") {
  CHECK(family_named("gpt-oss").architecture == "GptOssForCausalLM");
  CHECK(families().size() == 6);
  try {
    (void)family_named("qwen4");
    FAIL("no error was thrown");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Contains("qwen4") && Contains("qwen3-moe") && Contains("mistral"));
  }
}

}  // namespace
}  // namespace pagequest::model::test
