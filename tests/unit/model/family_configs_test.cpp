// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Fields of config.json as the families' files on Hugging Face have them.
#include <filesystem>
#include <fstream>

#include "engine/model/random_model.h"
#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;
using Windows = std::vector<std::int32_t>;

ModelConfig load(const json& config) {
  return parse_config(config.dump(), "some/folder/config.json");
}

std::string error_of(const json& config) {
  return input_error_of([&] { return load(config); });
}

json with(json config, const json& fields) {
  config.update(fields);
  return config;
}

json llama() { return family_config("LlamaForCausalLM", "llama"); }
json mistral() { return family_config("MistralForCausalLM", "mistral"); }
json qwen2() { return family_config("Qwen2ForCausalLM", "qwen2"); }
json qwen3() { return family_config("Qwen3ForCausalLM", "qwen3"); }

TEST_CASE("model_type chooses the family of a file without architectures") {
  json config = qwen3();
  config.erase("architectures");
  CHECK(load(config).family == "qwen3");
  config["model_type"] = "bert";
  CHECK_THAT(error_of(config), Contains("bert") && Contains("gpt_oss") && Contains("mistral"));
  config.erase("model_type");
  CHECK_THAT(error_of(config), Contains("architectures"));
}

TEST_CASE("An unknown architecture is refused with the known ones") {
  CHECK_THAT(error_of(with(llama(), {{"architectures", {"MambaForCausalLM"}}})),
             Contains("MambaForCausalLM") && Contains("Qwen3MoeForCausalLM"));
  CHECK_THAT(error_of(with(llama(), {{"model_type", "mistral"}})), Contains("model_type"));
}

TEST_CASE("Mistral's window holds for all layers; null means none, absence 4096") {
  CHECK(load(mistral()).windows == Windows{4096, 4096});
  CHECK(load(with(mistral(), {{"sliding_window", 24}})).windows == Windows{24, 24});
  CHECK(load(with(mistral(), {{"sliding_window", nullptr}})).windows.empty());
  CHECK_THAT(error_of(with(mistral(), {{"sliding_window", 0}})), Contains("sliding_window"));
}

TEST_CASE("num_key_value_heads that is left out is Transformers' default; null is every head") {
  json config = mistral();
  config["num_attention_heads"] = 16;
  config["num_key_value_heads"] = nullptr;
  CHECK(load(config).kv_heads == 16);
  config.erase("num_key_value_heads");
  CHECK(load(config).kv_heads == 8);
  CHECK_THAT(error_of(with(config, {{"num_attention_heads", 12}})),
             Contains("num_key_value_heads"));
}

TEST_CASE("Qwen's window is switched on by use_sliding_window, from max_window_layers on") {
  const json fields = {{"sliding_window", 24}, {"max_window_layers", 1}};
  for (const json& config : {qwen2(), qwen3()}) {
    CHECK(load(with(config, fields)).windows.empty());
    const json on = with(with(config, fields), {{"use_sliding_window", true}});
    CHECK(load(on).windows == Windows{0, 24});
    CHECK(load(with(on, {{"max_window_layers", 2}})).windows.empty());
    CHECK(load(with(on, {{"layer_types", {"sliding_attention", "full_attention"}}})).windows ==
          Windows{24, 0});
    CHECK_THAT(error_of(with(on, {{"sliding_window", nullptr}})), Contains("sliding_window"));
  }
}

TEST_CASE("layer_types that the engine can't follow are refused") {
  const json types = GENERATE(json{"full_attention"}, json{"full_attention", "linear_attention"},
                              json{"full_attention", "sliding_attention"}, json("full_attention"));
  CHECK_THAT(error_of(with(qwen3(), {{"layer_types", types}})), Contains("`layer_types`"));
}

TEST_CASE("Both spellings of the rotary embedding's parameters mean the same") {
  const json llama3 = {{"factor", 8.0},
                       {"low_freq_factor", 1.0},
                       {"high_freq_factor", 4.0},
                       {"original_max_position_embeddings", 16},
                       {"rope_type", "llama3"}};
  json newer = llama();
  newer.erase("rope_theta");
  newer["rope_parameters"] = with(llama3, {{"rope_theta", 500.0}});
  for (const json& config : {with(llama(), {{"rope_scaling", llama3}}), newer}) {
    const RopeConfig rope = load(config).rope;
    CHECK(rope.type == RopeType::llama3);
    CHECK(rope.theta == 500.0);
    CHECK(rope.factor == 8.0);
    CHECK(rope.high_frequency_factor == 4.0);
    CHECK(rope.original_max_positions == 16);
  }
}

TEST_CASE("YaRN's attention factor is given, or follows from factor and mscale") {
  const json yarn = {{"type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32}};
  const auto factor = [&](const json& fields) {
    return load(with(qwen3(), {{"rope_scaling", with(yarn, fields)}})).rope.attention_factor;
  };
  // Transformers 5.24.0: 0.1 ln(4) + 1, and with mscale the quotient of two such terms.
  CHECK(factor(json::object()) == Approx(1.138629436111989).epsilon(1e-14));
  CHECK(factor({{"attention_factor", 0.75}}) == 0.75);
  CHECK(factor({{"mscale", 1.0}, {"mscale_all_dim", 0.8}, {"factor", 40.0}}) ==
        Approx(1.0569662567531275).epsilon(1e-14));
}

TEST_CASE("YaRN extends the context to the stretched one") {
  const json yarn = {
      {"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32}};
  CHECK(load(with(qwen3(), {{"rope_scaling", yarn}})).max_positions == 128);
  CHECK(load(qwen3()).max_positions == 32);
}

TEST_CASE("Rotary embeddings of another kind are refused by name") {
  const json scaling =
      GENERATE(json{{"rope_type", "dynamic"}, {"factor", 2.0}}, json{{"rope_type", "longrope"}},
               json{{"type", "su"}}, json{{"rope_type", 5}}, json{{"rope_type", "linear"}},
               json{{"rope_type", "llama3"}, {"factor", 8.0}},
               json{{"rope_type", "default"}, {"mrope_section", {16, 24, 24}}},
               json{{"rope_type", "default"}, {"partial_rotary_factor", 0.5}}, json(7));
  const std::string field = GENERATE("rope_scaling", "rope_parameters");
  CAPTURE(scaling.dump());
  CHECK_THAT(error_of(with(llama(), {{field, scaling}})), Contains(field));
}

TEST_CASE("Sparse layers follow decoder_sparse_step and mlp_only_layers") {
  json config = family_config("Qwen3MoeForCausalLM", "qwen3_moe");
  config.update({{"num_experts", 4},
                 {"num_experts_per_tok", 2},
                 {"moe_intermediate_size", 8},
                 {"num_hidden_layers", 4}});
  CHECK(load(config).sparse_layers == std::vector<bool>{true, true, true, true});
  CHECK_FALSE(load(config).moe.normalise_weights);
  config.update({{"decoder_sparse_step", 2}, {"mlp_only_layers", {3}}, {"norm_topk_prob", true}});
  const ModelConfig loaded = load(config);
  CHECK(loaded.sparse_layers == std::vector<bool>{false, true, false, false});
  CHECK(loaded.moe.normalise_weights);
  CHECK(loaded.moe.experts == 4);
  CHECK(loaded.moe.experts_per_token == 2);
  CHECK(loaded.moe.intermediate_size == 8);
  CHECK_THAT(error_of(with(config, {{"num_experts_per_tok", 5}})), Contains("num_experts_per_tok"));
}

TEST_CASE("gpt-oss alternates windows and demands the clamp that the engine computes") {
  json config = family_config("GptOssForCausalLM", "gpt_oss");
  config.update({{"num_local_experts", 4},
                 {"num_experts_per_tok", 2},
                 {"sliding_window", 16},
                 {"rope_scaling",
                  {{"rope_type", "yarn"},
                   {"factor", 32.0},
                   {"original_max_position_embeddings", 4096},
                   {"truncate", false}}}});
  const ModelConfig loaded = load(config);
  CHECK(loaded.windows == Windows{16, 0});
  CHECK(loaded.activation == Activation::clamped_swiglu);
  CHECK(loaded.attention_sinks);
  CHECK(loaded.attention_bias);
  CHECK(loaded.attention_output_bias);
  CHECK_FALSE(loaded.rope.truncate);
  CHECK_THAT(error_of(with(config, {{"swiglu_limit", 5.0}})), Contains("swiglu_limit"));
  CHECK_THAT(error_of(with(config, {{"experts_per_token", 3}})), Contains("experts_per_token"));
  config.erase("rope_scaling");
  CHECK_THAT(error_of(config), Contains("rope_parameters"));
}

TEST_CASE(
    "Fields that no reader knows are reported, and refused where they look like computation") {
  const ModelConfig config = load(with(llama(), {{"made_by", "someone"},
                                                 {"use_cache", true},
                                                 {"torch_dtype", "bfloat16"},
                                                 {"attn_pdrop", 0.1}}));
  CHECK(config.ignored_fields == std::vector<std::string>{"made_by"});
  const std::string field =
      GENERATE("attn_logit_softcapping", "embedding_multiplier", "alibi_slopes",
               "dual_chunk_attention_config", "kv_lora_rank", "qk_layernorm");
  CHECK_THAT(error_of(with(llama(), {{field, 30.0}})), Contains("`" + field + "`"));
  for (const json& neutral : {json(nullptr), json(false), json(0), json::array()}) {
    CHECK(load(with(llama(), {{field, neutral}})).ignored_fields.empty());
  }
}

TEST_CASE("Quantisation methods are accepted where the weights can be decoded") {
  const json good =
      GENERATE(json{{"quant_method", "fp8"}, {"fmt", "e4m3"}, {"weight_block_size", {128, 128}}},
               json{{"quant_method", "mxfp4"}},
               json{{"quant_method", "fbgemm_fp8"}, {"activation_scale_ub", 1200.0}},
               json{{"quant_method", "compressed-tensors"}, {"format", "float-quantized"}});
  CHECK(load(with(llama(), {{"quantization_config", good}})).layers == 2);
  const json bad =
      GENERATE(json{{"quant_method", "gptq"}, {"bits", 4}},
               json{{"quant_method", "fp8"}, {"weight_block_size", {64, 64}}},
               json{{"quant_method", "fp8"}, {"fmt", "e5m2"}},
               json{{"quant_method", "compressed-tensors"}, {"format", "pack-quantized"}},
               json::object(), json("fp8"));
  CHECK_THAT(error_of(with(llama(), {{"quantization_config", bad}})),
             Contains("quantization_config"));
}

TEST_CASE("config.json of public models gives the shapes of the geometries of their names") {
  // Not part of the repository: set PQ_PUBLIC_CONFIGS to a folder of NAME.config.json files.
  const std::filesystem::path folder = PQ_PUBLIC_CONFIGS;
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: PQ_PUBLIC_CONFIGS is no folder");
    SUCCEED();
    return;
  }
  const auto [file, geometry] =
      GENERATE(table<std::string, std::string>({{"Qwen--Qwen3-8B", "qwen3-8b"},
                                                {"meta-llama--Meta-Llama-3.1-8B", "llama-3.1-8b"},
                                                {"openai--gpt-oss-20b", "gpt-oss-20b"}}));
  std::ifstream in(folder / (file + ".config.json"));
  REQUIRE(in);
  const ModelConfig config = load(json::parse(in));
  const ModelConfig expected = named_geometry(geometry);
  CHECK(config.family == expected.family);
  CHECK(config.hidden_size == expected.hidden_size);
  CHECK(config.layers == expected.layers);
  CHECK(config.query_heads == expected.query_heads);
  CHECK(config.kv_heads == expected.kv_heads);
  CHECK(config.head_dim == expected.head_dim);
  CHECK(config.intermediate_size == expected.intermediate_size);
  CHECK(config.vocabulary == expected.vocabulary);
  CHECK(config.max_positions == expected.max_positions);
  CHECK(config.rms_norm_epsilon == expected.rms_norm_epsilon);
  CHECK(config.rope.type == expected.rope.type);
  CHECK(config.rope.theta == expected.rope.theta);
  CHECK(config.rope.factor == expected.rope.factor);
  CHECK(config.rope.original_max_positions == expected.rope.original_max_positions);
  CHECK(config.rope.attention_factor == expected.rope.attention_factor);
  CHECK(config.rope.truncate == expected.rope.truncate);
  CHECK(config.windows == expected.windows);
  CHECK(config.sparse_layers == expected.sparse_layers);
  CHECK(config.moe.experts == expected.moe.experts);
  CHECK(config.moe.experts_per_token == expected.moe.experts_per_token);
  CHECK(config.moe.intermediate_size == expected.moe.intermediate_size);
  CHECK(config.query_key_norm == expected.query_key_norm);
  CHECK(config.attention_bias == expected.attention_bias);
  CHECK(config.attention_sinks == expected.attention_sinks);
  CHECK(config.tied_embeddings == expected.tied_embeddings);
  CHECK(config.ignored_fields.empty());
}

}  // namespace
}  // namespace pagequest::model::test
