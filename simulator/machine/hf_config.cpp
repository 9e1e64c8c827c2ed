// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/machine/hf_config.h"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "simulator/machine/catalog.h"
#include "simulator/machine/json_members.h"

namespace pagequest::simulator {
namespace {

constexpr const char* kHint =
    "write the model in the format of simulator/machine/catalog/models instead";

struct Family {
  const char* type;
  bool experts;
};
constexpr Family kFamilies[] = {{"gpt_oss", true},  {"llama", false}, {"mistral", false},
                                {"mixtral", true},  {"qwen2", false}, {"qwen3", false},
                                {"qwen3_moe", true}};

const Family& family_of(JsonMembers& in) {
  const std::string type = in.text("model_type");
  std::string valid;
  for (const Family& family : kFamilies) {
    if (type == family.type) return family;
    valid += (valid.empty() ? "one of: " : ", ") + std::string(family.type);
  }
  in.fail("unknown model type", in.path("model_type"), "`" + type + "`", valid);
}

/// "Qwen3-8B" of both ".../Qwen3-8B/config.json" and "Qwen3-8B.config.json".
std::string name_of(const std::string& where) {
  const std::filesystem::path path(where);
  std::string name = path.filename().string();
  if (name == "config.json" && path.has_parent_path()) {
    return path.parent_path().filename().string();
  }
  for (const std::string suffix : {".json", ".config"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) {
      name.resize(name.size() - suffix.size());
    }
  }
  return name;
}

void read_attention(JsonMembers& in, ModelSpec& out) {
  out.hidden = in.integer("hidden_size", 1);
  out.layers = in.integer("num_hidden_layers", 1);
  out.query_heads = in.integer("num_attention_heads", 1);
  // Both are optional in Hugging Face's classes, with these defaults.
  out.kv_heads =
      in.has("num_key_value_heads") ? in.integer("num_key_value_heads", 1) : out.query_heads;
  if (in.has("head_dim")) {
    out.head_dim = in.integer("head_dim", 1);
  } else if (out.hidden % out.query_heads == 0) {
    out.head_dim = out.hidden / out.query_heads;
  } else {
    in.fail("missing key", in.where(), "hidden_size is no multiple of num_attention_heads",
            "`head_dim`");
  }
}

void read_layer_types(JsonMembers& in, ModelSpec& out) {
  const auto& types = in.at("layer_types");
  if (!types.is_array() || types.size() != static_cast<std::size_t>(out.layers)) {
    in.fail("wrong number of layer types", in.path("layer_types"),
            std::to_string(types.is_array() ? types.size() : 0),
            std::to_string(out.layers) + ", as num_hidden_layers");
  }
  for (const auto& type : types) {
    const std::string name = type.is_string() ? type.get<std::string>() : type.dump();
    if (name == "sliding_attention") {
      ++out.sliding_layers;
    } else if (name != "full_attention") {
      in.fail("unknown layer type", in.path("layer_types"), "`" + name + "`",
              "full_attention or sliding_attention");
    }
  }
}

void read_window(JsonMembers& in, ModelSpec& out) {
  if (in.has("layer_types")) {
    read_layer_types(in, out);
  } else if (in.has("sliding_window") &&
             (!in.has("use_sliding_window") || in.flag("use_sliding_window"))) {
    // Qwen: the first max_window_layers layers attend to everything.
    const std::int32_t full = in.has("max_window_layers") ? in.integer("max_window_layers", 0) : 0;
    out.sliding_layers = std::max(0, out.layers - full);
  }
  if (out.sliding_layers > 0) out.window = in.integer("sliding_window", 1);
}

void read_experts(JsonMembers& in, ModelSpec& out) {
  out.experts = in.integer(in.has("num_experts") ? "num_experts" : "num_local_experts", 1);
  out.active_experts = in.integer("num_experts_per_tok", 1);
  const bool dense_layers =
      (in.has("mlp_only_layers") && !in.at("mlp_only_layers").empty()) ||
      (in.has("decoder_sparse_step") && in.integer("decoder_sparse_step", 1) != 1);
  if (dense_layers) {
    in.fail("some layers have no experts", in.where(), "mlp_only_layers or decoder_sparse_step",
            "experts in all layers");
  }
}

double bytes_of_dtype(JsonMembers& in) {
  const std::string key = in.has("dtype") ? "dtype" : "torch_dtype";
  const std::string type = in.text(key);
  if (type == "bfloat16" || type == "float16") return 2.0;
  if (type == "float32") return 4.0;
  in.fail("unknown number format", in.path(key), "`" + type + "`", "bfloat16, float16 or float32");
}

void read_formats(JsonMembers& in, ModelSpec& out) {
  out.weight_format_source = "quantization_config or torch_dtype of the same config.json";
  if (!in.has("quantization_config")) {
    out.bytes_per_weight = out.bytes_per_expert_weight = out.bytes_per_embedding =
        bytes_of_dtype(in);
    return;
  }
  JsonMembers quantization = in.object("quantization_config");
  const std::string method = quantization.text("quant_method");
  if (method == "fp8") {
    out.bytes_per_weight = out.bytes_per_expert_weight = 1.0;
    out.compute = ComputeFormat::fp8;
  } else if (method == "mxfp4") {
    // 4 bits and an 8-bit scale for 32 values, experts only (OCP Microscaling Formats 1.0).
    out.bytes_per_expert_weight = 4.25 / 8.0;
  } else {
    in.fail("unknown quantisation", quantization.path("quant_method"), "`" + method + "`",
            "fp8 or mxfp4");
  }
}

}  // namespace

ModelSpec parse_hf_config(std::string_view json, const std::string& where) {
  const auto root = parse_json(json, where, kHint);
  JsonMembers in(root, where, kHint);
  const Family& family = family_of(in);
  ModelSpec out;
  out.name = name_of(where);
  out.description = "a " + std::string(family.type) + " model";
  out.source = "config.json, " + where;
  read_attention(in, out);
  read_window(in, out);
  if (family.experts) read_experts(in, out);
  const bool expert_size = family.experts && in.has("moe_intermediate_size");
  out.intermediate = in.integer(expert_size ? "moe_intermediate_size" : "intermediate_size", 1);
  out.vocabulary = in.integer("vocab_size", 1);
  out.tied_embeddings = in.has("tie_word_embeddings") && in.flag("tie_word_embeddings");
  read_formats(in, out);
  check_consistent(out, where);
  return out;
}

}  // namespace pagequest::simulator
