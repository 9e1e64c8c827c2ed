// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "simulator/machine/catalog.h"
#include "simulator/machine/hf_config.h"
#include "simulator/machine/json_members.h"

namespace pagequest::simulator {
namespace {

constexpr const char* kHint = "compare with the files of simulator/machine/catalog";

ComputeFormat parse_compute(JsonMembers& in) {
  const std::string text = in.text("compute");
  if (text == "bf16") return ComputeFormat::bf16;
  if (text == "fp8") return ComputeFormat::fp8;
  in.fail("unknown compute format", in.path("compute"), "`" + text + "`", "bf16 or fp8");
}

}  // namespace

void check_consistent(const ModelSpec& model, const std::string& where) {
  const auto fail = [&](const char* what, const std::string& found, const char* expected) {
    throw input_error(
        {.what = what, .where = where, .found = found, .expected = expected, .hint = kHint});
  };
  const auto both = [](std::int32_t a, std::int32_t b) {
    return std::to_string(a) + " and " + std::to_string(b);
  };
  if (model.sliding_layers > model.layers) {
    fail("more sliding layers than layers", both(model.sliding_layers, model.layers),
         "sliding_layers <= layers");
  }
  if (model.sliding_layers > 0 && model.window == 0) {
    fail("sliding layers without a window", "window 0", "window >= 1");
  }
  if (model.query_heads % model.kv_heads != 0) {
    fail("query heads don't share KV heads evenly", both(model.query_heads, model.kv_heads),
         "query_heads a multiple of kv_heads");
  }
  if (model.active_experts > model.experts) {
    fail("more active experts than experts", both(model.active_experts, model.experts),
         "active_experts <= experts");
  }
}

ModelSpec parse_model(std::string_view json, const std::string& where) {
  const auto root = parse_json(json, where, kHint);
  if (root.is_object() && root.contains("model_type")) return parse_hf_config(json, where);
  JsonMembers in(root, where, kHint);
  ModelSpec out;
  out.name = in.text("name");
  out.description = in.text("description");
  out.source = in.text("source");
  out.layers = in.integer("layers", 1);
  out.sliding_layers = in.integer("sliding_layers", 0);
  out.window = in.integer("window", 0);
  out.hidden = in.integer("hidden", 1);
  out.query_heads = in.integer("query_heads", 1);
  out.kv_heads = in.integer("kv_heads", 1);
  out.head_dim = in.integer("head_dim", 1);
  out.intermediate = in.integer("intermediate", 1);
  out.experts = in.integer("experts", 1);
  out.active_experts = in.integer("active_experts", 1);
  out.vocabulary = in.integer("vocabulary", 1);
  out.tied_embeddings = in.flag("tied_embeddings");
  out.bytes_per_weight = in.real("bytes_per_weight", 0.01, 16.0);
  out.bytes_per_expert_weight = in.real("bytes_per_expert_weight", 0.01, 16.0);
  out.bytes_per_embedding = in.real("bytes_per_embedding", 0.01, 16.0);
  out.weight_format_source = in.text("weight_format_source");
  out.kv_bytes_per_value = in.real("kv_bytes_per_value", 0.01, 16.0);
  out.compute = parse_compute(in);
  in.done();
  check_consistent(out, where);
  return out;
}

}  // namespace pagequest::simulator
