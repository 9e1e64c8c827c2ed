// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/params.h"
#include "simulator/machine/catalog.h"

namespace pagequest::simulator {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(const std::string& what, const std::string& where, const std::string& found,
                       const std::string& expected) {
  throw input_error({.what = what,
                     .where = where,
                     .found = found,
                     .expected = expected,
                     .hint = "compare with the files of simulator/machine/catalog"});
}

/// Reads the members of one JSON object, each exactly once; done() finds unknown ones.
class Members {
 public:
  Members(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json.is_object()) fail("not a JSON object", where_, json.type_name(), "an object");
  }

  const Json& at(const std::string& key) {
    known_.insert(key);
    const auto member = json_.find(key);
    if (member == json_.end()) fail("missing key", where_, {}, "`" + key + "`");
    return *member;
  }
  [[nodiscard]] std::string path(const std::string& key) const { return where_ + ": " + key; }

  std::string text(const std::string& key) {
    const Json& value = at(key);
    if (!value.is_string()) fail("wrong type", path(key), value.type_name(), "a string");
    if (value.get_ref<const std::string&>().empty()) fail("empty", path(key), "\"\"", "a text");
    return value.get<std::string>();
  }
  bool flag(const std::string& key) {
    const Json& value = at(key);
    if (!value.is_boolean()) fail("wrong type", path(key), value.type_name(), "true or false");
    return value.get<bool>();
  }
  double real(const std::string& key, double low, double high) {
    const Json& value = at(key);
    if (!value.is_number()) fail("wrong type", path(key), value.type_name(), "a number");
    const auto number = value.get<double>();
    if (!(number >= low && number <= high)) {
      fail("out of range", path(key), value.dump(),
           "from " + to_text(ParamValue(low)) + " to " + to_text(ParamValue(high)));
    }
    return number;
  }
  std::int32_t integer(const std::string& key, std::int32_t low, std::int32_t high = 100'000'000) {
    if (!at(key).is_number_integer()) fail("wrong type", path(key), at(key).dump(), "an integer");
    return static_cast<std::int32_t>(real(key, low, high));
  }
  Figure figure(const std::string& key, double low, double high) {
    Members members(at(key), path(key));
    Figure out{members.real("value", low, high), members.text("source")};
    members.done();
    return out;
  }
  void done() const {
    for (const auto& item : json_.items()) {
      if (known_.count(item.key()) > 0) continue;
      const std::vector<std::string> valid(known_.begin(), known_.end());
      std::string list;
      for (const auto& name : valid) list += (list.empty() ? "one of: " : ", ") + name;
      fail("unknown key", where_, "`" + item.key() + "`", list);
    }
  }

 private:
  const Json& json_;
  std::string where_;
  std::set<std::string> known_;
};

Json parse_json(std::string_view text, const std::string& where) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    fail("not valid JSON", where, error.what(), "a JSON object");
  }
}

KernelEfficiency parse_efficiency(const Json& json, const std::string& where) {
  constexpr double kLeastShare = 0.001;
  constexpr double kMostMicroseconds = 1e6;
  Members in(json, where);
  KernelEfficiency out;
  out.weight_read = in.figure("weight_read", kLeastShare, 1.0);
  out.matrix_product = in.figure("matrix_product", kLeastShare, 1.0);
  out.fp8_product = in.figure("fp8_product", kLeastShare, 1.0);
  out.expert_product = in.figure("expert_product", kLeastShare, 1.0);
  out.decode_attention = in.figure("decode_attention", kLeastShare, 1.0);
  out.decode_window_attention = in.figure("decode_window_attention", kLeastShare, 1.0);
  out.prefill_attention = in.figure("prefill_attention", kLeastShare, 1.0);
  out.prefill_window_attention = in.figure("prefill_window_attention", kLeastShare, 1.0);
  out.layer_overhead_us = in.figure("layer_overhead_us", 0.0, kMostMicroseconds);
  out.iteration_overhead_us = in.figure("iteration_overhead_us", 0.0, kMostMicroseconds);
  out.sequence_overhead_us = in.figure("sequence_overhead_us", 0.0, kMostMicroseconds);
  in.done();
  return out;
}

ComputeFormat parse_compute(const std::string& text, const std::string& where) {
  if (text == "bf16") return ComputeFormat::bf16;
  if (text == "fp8") return ComputeFormat::fp8;
  fail("unknown compute format", where, "`" + text + "`", "bf16 or fp8");
}

void check_consistent(const ModelSpec& model, const std::string& where) {
  const auto found = [](std::int32_t a, std::int32_t b) {
    return std::to_string(a) + " and " + std::to_string(b);
  };
  if (model.sliding_layers > model.layers) {
    fail("more sliding layers than layers", where, found(model.sliding_layers, model.layers),
         "sliding_layers <= layers");
  }
  if (model.sliding_layers > 0 && model.window == 0) {
    fail("sliding layers without a window", where, "window 0", "window >= 1");
  }
  if (model.query_heads % model.kv_heads != 0) {
    fail("query heads don't share KV heads evenly", where, found(model.query_heads, model.kv_heads),
         "query_heads a multiple of kv_heads");
  }
  if (model.active_experts > model.experts) {
    fail("more active experts than experts", where, found(model.active_experts, model.experts),
         "active_experts <= experts");
  }
}

}  // namespace

GpuSpec parse_gpu(std::string_view json, const std::string& where) {
  const Json root = parse_json(json, where);
  Members in(root, where);
  GpuSpec out;
  out.name = in.text("name");
  out.description = in.text("description");
  out.hbm_bytes = in.figure("hbm_bytes", 1e6, 1e15);
  out.hbm_bytes_per_s = in.figure("hbm_bytes_per_s", 1e6, 1e18);
  out.bf16_flops = in.figure("bf16_flops", 1e6, 1e20);
  out.fp8_flops = in.figure("fp8_flops", 1e6, 1e20);
  out.runtime_bytes = in.figure("runtime_bytes", 0.0, 1e15);
  out.efficiency = parse_efficiency(in.at("efficiency"), where + ": efficiency");
  in.done();
  return out;
}

ModelSpec parse_model(std::string_view json, const std::string& where) {
  const Json root = parse_json(json, where);
  Members in(root, where);
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
  out.weight_format_source = in.text("weight_format_source");
  out.kv_bytes_per_value = in.real("kv_bytes_per_value", 0.01, 16.0);
  out.compute = parse_compute(in.text("compute"), in.path("compute"));
  in.done();
  check_consistent(out, where);
  return out;
}

}  // namespace pagequest::simulator
