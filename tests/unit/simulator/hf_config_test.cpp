// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/machine/hf_config.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "simulator/machine/catalog.h"

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

Json dense() {
  return {
      {"model_type", "qwen3"},        {"hidden_size", 4096},       {"num_hidden_layers", 36},
      {"num_attention_heads", 32},    {"num_key_value_heads", 8},  {"head_dim", 128},
      {"intermediate_size", 12288},   {"vocab_size", 151936},      {"torch_dtype", "bfloat16"},
      {"tie_word_embeddings", false}, {"sliding_window", nullptr}, {"use_sliding_window", false},
      {"max_window_layers", 36},      {"rope_theta", 1000000}};
}

Json experts() {
  Json json = dense();
  json["model_type"] = "gpt_oss";
  json["num_local_experts"] = 32;
  json["num_experts_per_tok"] = 4;
  json["sliding_window"] = 128;
  json["layer_types"] = Json::array();
  for (int i = 0; i < 36; ++i) {
    json["layer_types"].push_back(i % 3 == 0 ? "full_attention" : "sliding_attention");
  }
  json["quantization_config"] = {{"quant_method", "mxfp4"}};
  json.erase("torch_dtype");
  return json;
}

ModelSpec parse(const Json& json) {
  return parse_hf_config(json.dump(), "dir/My-Model/config.json");
}

std::string message(const Json& json) {
  try {
    (void)parse(json);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

void check_equal(const ModelSpec& a, const ModelSpec& b) {
  INFO(b.name);
  CHECK(a.layers == b.layers);
  CHECK(a.sliding_layers == b.sliding_layers);
  CHECK(a.window == b.window);
  CHECK(a.hidden == b.hidden);
  CHECK(a.query_heads == b.query_heads);
  CHECK(a.kv_heads == b.kv_heads);
  CHECK(a.head_dim == b.head_dim);
  CHECK(a.intermediate == b.intermediate);
  CHECK(a.experts == b.experts);
  CHECK(a.active_experts == b.active_experts);
  CHECK(a.vocabulary == b.vocabulary);
  CHECK(a.tied_embeddings == b.tied_embeddings);
  CHECK(a.weight_bytes() == b.weight_bytes());
  CHECK(a.compute == b.compute);
}

}  // namespace

// The catalog's entries were written by hand from the same public configurations.
TEST_CASE("Hugging Face configurations give the catalog's models") {
  const auto folder = std::filesystem::path(PQ_SHARED_DATA) / "hf_configs";
  if (!std::filesystem::exists(folder)) {
    WARN("no configurations at " << folder << ": nothing was compared");
    return;
  }
  for (const auto& [file, name] : {std::pair{"openai--gpt-oss-20b", "gpt-oss-20b"},
                                   {"openai--gpt-oss-120b", "gpt-oss-120b"},
                                   {"Qwen--Qwen3-8B", "qwen3-8b"},
                                   {"Qwen--Qwen3-32B", "qwen3-32b"},
                                   {"Qwen--Qwen3-30B-A3B", "qwen3-30b-a3b"},
                                   {"meta-llama--Meta-Llama-3.1-8B", "llama-3.1-8b"},
                                   {"meta-llama--Meta-Llama-3.1-70B", "llama-3.1-70b"}}) {
    const auto model = load_model(folder / (std::string(file) + ".config.json"));
    CHECK(model.name == file);
    check_equal(model, catalog_model(name));
  }
}

TEST_CASE(
    "A configuration is told from a catalog file by its model_type, and named by its folder") {
  const ModelSpec model = parse_model(dense().dump(), "dir/My-Model/config.json");
  CHECK(model.name == "My-Model");
  check_equal(model, catalog_model("qwen3-8b"));
}

TEST_CASE("Layer types count the layers that slide") {
  const ModelSpec model = parse(experts());
  CHECK(model.sliding_layers == 24);
  CHECK(model.window == 128);
  CHECK(model.experts == 32);
  CHECK(model.bytes_per_expert_weight == 0.53125);
  CHECK(model.bytes_per_weight == 2.0);
}

TEST_CASE("A sliding window counts only where it is used") {
  Json json = dense();
  json["sliding_window"] = 4096;
  CHECK(parse(json).sliding_layers == 0);  // use_sliding_window is false
  json["use_sliding_window"] = true;
  json["max_window_layers"] = 28;
  CHECK(parse(json).sliding_layers == 8);
  json["model_type"] = "mistral";
  json.erase("use_sliding_window");
  json.erase("max_window_layers");
  CHECK(parse(json).sliding_layers == 36);
  CHECK(parse(json).window == 4096);
}

TEST_CASE("fp8 halves the linear layers, not the embeddings") {
  Json json = dense();
  const ModelSpec bf16 = parse(json);
  json["quantization_config"] = {{"quant_method", "fp8"}};
  const ModelSpec fp8 = parse(json);
  CHECK(fp8.compute == ComputeFormat::fp8);
  const double embeddings = 2 * bf16.embedding_weights() * 2.0;
  CHECK(fp8.weight_bytes() == Approx((bf16.weight_bytes() - embeddings) / 2 + embeddings));
}

TEST_CASE("Fields with defaults in Hugging Face's classes may be missing") {
  Json json = dense();
  json.erase("head_dim");
  json.erase("num_key_value_heads");
  json.erase("tie_word_embeddings");
  const ModelSpec model = parse(json);
  CHECK(model.head_dim == 128);
  CHECK(model.kv_heads == 32);
  CHECK_FALSE(model.tied_embeddings);
}

TEST_CASE("A configuration that can't be served is refused with the field") {
  for (const char* key : {"hidden_size", "num_hidden_layers", "num_attention_heads",
                          "intermediate_size", "vocab_size", "torch_dtype"}) {
    Json json = dense();
    json.erase(key);
    CHECK_THAT(message(json), Contains("missing key") && Contains(key) && Contains("config.json"));
  }
  const auto with = [](Json json, const char* key, const Json& value) {
    json[key] = value;
    return message(json);
  };
  CHECK_THAT(with(dense(), "model_type", "deepseek_v3"), Contains("one of: gpt_oss"));
  CHECK_THAT(with(dense(), "torch_dtype", "int8"), Contains("bfloat16"));
  CHECK_THAT(with(dense(), "quantization_config", {{"quant_method", "awq"}}),
             Contains("fp8 or mxfp4"));
  CHECK_THAT(with(dense(), "num_key_value_heads", 5), Contains("KV heads"));
  CHECK_THAT(with(experts(), "layer_types", Json::array({"full_attention"})),
             Contains("36, as num_hidden_layers"));
  Json linear = experts();
  linear["layer_types"][0] = "linear_attention";
  CHECK_THAT(message(linear), Contains("linear_attention"));
  Json sparse = experts();
  sparse["decoder_sparse_step"] = 2;
  CHECK_THAT(message(sparse), Contains("experts in all layers"));
}
