// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_config.h"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "engine/model/json_file.h"

namespace pagequest::model {
namespace {

using nlohmann::json;

/// Reads the fields of one config.json; every complaint names the field.
class ConfigReader {
 public:
  explicit ConfigReader(std::filesystem::path path)
      : path_(std::move(path)), json_(read_json_file(path_)) {}

  [[nodiscard]] bool has(const std::string& field) const {
    return json_.contains(field) && !json_[field].is_null();
  }

  [[nodiscard]] std::int32_t integer(const std::string& field, std::int64_t least,
                                     std::int64_t most) const {
    const json value = json_.value(field, json());
    const bool good = value.is_number_integer() && value >= least && value <= most;
    if (!good) {
      throw field_error(path_, field, value.dump(),
                        "an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return value.get<std::int32_t>();
  }

  [[nodiscard]] std::int32_t size(const std::string& field) const {
    constexpr std::int64_t kMost = 1 << 20;
    return integer(field, 1, kMost);
  }

  [[nodiscard]] double positive(const std::string& field, const json& value) const {
    if (!value.is_number() || !(value > 0.0) || !std::isfinite(value.get<double>())) {
      throw field_error(path_, field, value.dump(), "a positive number");
    }
    return value.get<double>();
  }

  [[nodiscard]] bool flag(const std::string& field, bool default_value) const {
    if (!has(field)) return default_value;
    if (!json_[field].is_boolean()) {
      throw field_error(path_, field, json_[field].dump(), "true or false");
    }
    return json_[field].get<bool>();
  }

  /// Absent, null or exactly `value`: anything else asks for a computation that is not there.
  void require(const std::string& field, const json& value) const {
    if (has(field) && json_[field] != value) {
      throw field_error(path_, field, json_[field].dump(), value.dump());
    }
  }

  void require_absent(const std::string& field) const {
    if (has(field)) throw field_error(path_, field, json_[field].dump(), "null or absent");
  }

  [[nodiscard]] const json& field(const std::string& name) const { return json_[name]; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  json json_;
};

void check_architecture(const ConfigReader& reader) {
  const json expected = json::array({"LlamaForCausalLM"});
  if (!reader.has("architectures") || reader.field("architectures") != expected) {
    throw field_error(
        reader.path(), "architectures",
        reader.has("architectures") ? reader.field("architectures").dump() : "nothing",
        expected.dump());
  }
  reader.require("model_type", "llama");
  reader.require("hidden_act", "silu");
  reader.require("attention_bias", false);
  reader.require("mlp_bias", false);
  reader.require("partial_rotary_factor", 1.0);
  reader.require_absent("rope_scaling");
  reader.require_absent("sliding_window");
  reader.require_absent("quantization_config");
}

/// Older files have `rope_theta`; newer ones `rope_parameters` with a type.
double rope_theta(const ConfigReader& reader) {
  constexpr double kLlamaDefault = 10000.0;
  if (reader.has("rope_theta")) return reader.positive("rope_theta", reader.field("rope_theta"));
  if (!reader.has("rope_parameters")) return kLlamaDefault;
  const json& parameters = reader.field("rope_parameters");
  if (!parameters.is_object() || parameters.value("rope_type", json("default")) != "default") {
    throw field_error(reader.path(), "rope_parameters", parameters.dump(),
                      R"({"rope_type": "default", "rope_theta": ...})");
  }
  return reader.positive("rope_parameters.rope_theta",
                         parameters.value("rope_theta", json(kLlamaDefault)));
}

std::int32_t head_dim(const ConfigReader& reader, const ModelConfig& config) {
  constexpr std::int32_t kStep = 8;  // the attention kernels take components in eights
  if (!reader.has("head_dim") && config.hidden_size % config.query_heads != 0) {
    throw field_error(reader.path(), "hidden_size", std::to_string(config.hidden_size),
                      "a multiple of num_attention_heads, or a head_dim");
  }
  const std::int32_t dim = reader.has("head_dim") ? reader.integer("head_dim", kStep, 1024)
                                                  : config.hidden_size / config.query_heads;
  if (dim % kStep != 0) {
    throw field_error(reader.path(), "head_dim", std::to_string(dim), "a multiple of 8");
  }
  return dim;
}

std::int32_t token_id(const ConfigReader& reader, const std::string& field, const json& value,
                      std::int32_t vocabulary) {
  if (!value.is_number_integer() || value < 0 || value >= vocabulary) {
    throw field_error(reader.path(), field, value.dump(), "a token of the vocabulary");
  }
  return value.get<std::int32_t>();
}

void read_special_tokens(const ConfigReader& reader, ModelConfig& config) {
  if (reader.has("bos_token_id")) {
    const json& bos = reader.field("bos_token_id");
    config.bos_token = token_id(reader, "bos_token_id", bos, config.vocabulary);
  }
  if (!reader.has("eos_token_id")) return;
  const json& eos = reader.field("eos_token_id");
  for (const json& id : eos.is_array() ? eos : json::array({eos})) {
    config.eos_tokens.push_back(token_id(reader, "eos_token_id", id, config.vocabulary));
  }
}

}  // namespace

ModelConfig load_config(const std::filesystem::path& folder) {
  const ConfigReader reader(folder / "config.json");
  check_architecture(reader);
  ModelConfig config;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(folder);
  config.name = canonical.filename().string();
  if (reader.has("_name_or_path") && reader.field("_name_or_path").is_string()) {
    const std::string given = reader.field("_name_or_path").get<std::string>();
    if (!given.empty()) config.name = given;
  }
  config.hidden_size = reader.size("hidden_size");
  config.layers = reader.integer("num_hidden_layers", 1, 1000);
  config.query_heads = reader.integer("num_attention_heads", 1, 1024);
  config.kv_heads = reader.has("num_key_value_heads")
                        ? reader.integer("num_key_value_heads", 1, config.query_heads)
                        : config.query_heads;
  if (config.query_heads % config.kv_heads != 0) {
    throw field_error(reader.path(), "num_key_value_heads", std::to_string(config.kv_heads),
                      "a divisor of num_attention_heads");
  }
  config.head_dim = head_dim(reader, config);
  config.intermediate_size = reader.size("intermediate_size");
  config.vocabulary = reader.size("vocab_size");
  config.max_positions =
      reader.integer("max_position_embeddings", 1, std::numeric_limits<std::int32_t>::max() / 2);
  const json epsilon = reader.has("rms_norm_eps") ? reader.field("rms_norm_eps") : json(1e-6);
  config.rms_norm_epsilon = static_cast<float>(reader.positive("rms_norm_eps", epsilon));
  config.rope_theta = rope_theta(reader);
  config.tied_embeddings = reader.flag("tie_word_embeddings", false);
  read_special_tokens(reader, config);
  return config;
}

}  // namespace pagequest::model
