// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_config.h"

#include "tests/unit/model/checkpoint.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

ModelConfig load(const json& config) {
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  return load_config(folder.path());
}

TEST_CASE("A Llama config gives the model's shape") {
  const ModelConfig config = load(small_config());
  CHECK(config.hidden_size == 4);
  CHECK(config.intermediate_size == 6);
  CHECK(config.layers == 1);
  CHECK(config.query_heads == 2);
  CHECK(config.kv_heads == 1);
  CHECK(config.head_dim == 8);
  CHECK(config.vocabulary == 5);
  CHECK(config.max_positions == 32);
  CHECK(config.rms_norm_epsilon == 1e-5F);
  CHECK(config.rope.theta == 500.0);
  CHECK(config.tied_embeddings);
  CHECK(config.bos_token == 0);
  CHECK(config.eos_tokens == std::vector<std::int32_t>{1, 2});
}

TEST_CASE("Absent optional fields take Hugging Face's defaults") {
  json config = small_config();
  for (const char* field : {"num_key_value_heads", "head_dim", "rope_theta", "rms_norm_eps",
                            "tie_word_embeddings", "bos_token_id", "eos_token_id"}) {
    config.erase(field);
  }
  config["hidden_size"] = 32;
  const ModelConfig loaded = load(config);
  CHECK(loaded.kv_heads == 2);
  CHECK(loaded.head_dim == 16);
  CHECK(loaded.rope.theta == 10000.0);
  CHECK(loaded.rms_norm_epsilon == 1e-6F);
  CHECK_FALSE(loaded.tied_embeddings);
  CHECK(loaded.bos_token == -1);
  CHECK(loaded.eos_tokens.empty());
}

TEST_CASE("The newer spelling of the rotary base is read") {
  json config = small_config();
  config.erase("rope_theta");
  config["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 12345.0}};
  CHECK(load(config).rope.theta == 12345.0);
}

TEST_CASE("A model's name is its _name_or_path, or else its folder") {
  json config = small_config();
  const TemporaryFolder folder;
  folder.write("config.json", config.dump());
  CHECK(load_config(folder.path()).name == folder.path().filename().string());
  config["_name_or_path"] = "pocket-7";
  CHECK(load(config).name == "pocket-7");
}

TEST_CASE("A field that changes the computation is refused by name") {
  const auto [field, value] =
      GENERATE(table<std::string, json>({{"architectures", json::array({"BertModel"})},
                                         {"architectures", json::array()},
                                         {"model_type", "mistral"},
                                         {"hidden_act", "gelu"},
                                         {"mlp_bias", true},
                                         {"attn_logit_softcapping", 30.0},
                                         {"sliding_window", 4096},
                                         {"partial_rotary_factor", 0.5}}));
  json config = small_config();
  config[field] = value;
  CHECK_THAT(input_error_of([&] { return load(config); }), Contains("`" + field + "`"));
}

TEST_CASE("A value that makes no model is refused by name") {
  const auto [field, value] =
      GENERATE(table<std::string, json>({{"hidden_size", 0},
                                         {"hidden_size", "4"},
                                         {"hidden_size", nullptr},
                                         {"num_hidden_layers", -1},
                                         {"num_hidden_layers", 1.5},
                                         {"num_attention_heads", 0},
                                         {"num_key_value_heads", 3},
                                         {"head_dim", 12},
                                         {"vocab_size", 1 << 30},
                                         {"rms_norm_eps", 0.0},
                                         {"rope_theta", -1.0},
                                         {"max_position_embeddings", 0},
                                         {"tie_word_embeddings", "yes"},
                                         {"bos_token_id", 5},
                                         {"eos_token_id", json::array({0, -1})}}));
  json config = small_config();
  config[field] = value;
  CAPTURE(value.dump());
  CHECK_THAT(input_error_of([&] { return load(config); }), Contains("`" + field + "`"));
}

TEST_CASE("A config.json that is missing or no JSON object is refused with its path") {
  const TemporaryFolder folder;
  CHECK_THAT(input_error_of([&] { return load_config(folder.path()); }), Contains("config.json"));
  const std::string text = GENERATE("", "{\"hidden_size\": ", "[1, 2]",
                                    "\x7f"
                                    "ELF");
  folder.write("config.json", text);
  CHECK_THAT(input_error_of([&] { return load_config(folder.path()); }), Contains("config.json"));
}

}  // namespace
}  // namespace pagequest::model::test
