// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/machine/catalog.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "simulator/machine/catalog_data.h"

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

Json file_of(std::span<const CatalogFile> files, std::string_view name) {
  for (const auto& file : files) {
    Json json = Json::parse(file.json);
    if (json.at("name") == name) return json;
  }
  FAIL("no such catalog file");
  return {};
}

Json gpu_json() { return file_of(catalog_gpu_files(), "h100-sxm-80gb"); }
Json model_json() { return file_of(catalog_model_files(), "gpt-oss-20b"); }

}  // namespace

// Published totals: openai/gpt-oss README (20.9 B total, 3.6 B active), the model cards of Qwen3-8B
// (8.2 B), Qwen3-32B (32.8 B), Qwen3-30B-A3B (30.5 B) and Qwen3-235B-A22B (235 B, 22 B active), and
// of Llama 3.1 8B (8.03 B) and 70B (70.6 B); gpt-oss-120b 116.8 B (its model card).
TEST_CASE("Weights derived from the configurations are the published totals") {
  const auto billions = [](const char* name) { return catalog_model(name).total_weights() / 1e9; };
  CHECK(billions("gpt-oss-20b") == Approx(20.9).epsilon(0.005));
  CHECK(catalog_model("gpt-oss-20b").active_weights() / 1e9 == Approx(3.6).epsilon(0.01));
  CHECK(billions("qwen3-8b") == Approx(8.2).epsilon(0.005));
  CHECK(billions("qwen3-32b") == Approx(32.8).epsilon(0.005));
  CHECK(billions("llama-3.1-8b") == Approx(8.03).epsilon(0.005));
  CHECK(billions("llama-3.1-70b") == Approx(70.6).epsilon(0.005));
  CHECK(billions("gpt-oss-120b") == Approx(116.8).epsilon(0.005));
  CHECK(billions("qwen3-30b-a3b") == Approx(30.5).epsilon(0.005));
  CHECK(billions("qwen3-235b-a22b-fp8") == Approx(235.0).epsilon(0.005));
  CHECK(catalog_model("qwen3-235b-a22b-fp8").active_weights() / 1e9 == Approx(22.0).epsilon(0.03));
}

// 2 (K, V) x layers x KV heads x head_dim x 2 bytes, worked out by hand.
TEST_CASE("KV bytes of a token follow from the configuration") {
  CHECK(catalog_model("gpt-oss-20b").kv_bytes_per_token() == 49152.0);  // 48 KiB, 24 layers
  CHECK(catalog_model("qwen3-8b").kv_bytes_per_token() == 147456.0);
  CHECK(catalog_model("qwen3-32b").kv_bytes_per_token() == 262144.0);
  CHECK(catalog_model("llama-3.1-8b").kv_bytes_per_token() == 131072.0);
}

TEST_CASE("gpt-oss-20b in MXFP4 fits into 16 GB, as its README says") {
  const double bytes = catalog_model("gpt-oss-20b").weight_bytes();
  CHECK(bytes < 16e9);
  CHECK(bytes > 12e9);  // 19.1 B expert weights of 4.25 bits and 1.8 B others of 16 bits: 13.8 GB
}

TEST_CASE("Every figure of the catalog has a source") {
  const std::function<int(const Json&, const std::string&)> figures = [&](const Json& json,
                                                                          const std::string& path) {
    if (json.is_number()) FAIL("no source: " << path);
    if (!json.is_object()) return 0;
    if (json.contains("source")) {
      INFO(path);
      CHECK(json.at("source").get<std::string>().size() > 10);
      return 1;
    }
    int count = 0;
    for (const auto& [key, value] : json.items()) count += figures(value, path + ": " + key);
    return count;
  };
  for (const auto& file : catalog_gpu_files()) {
    const Json json = Json::parse(file.json);
    // 7 of the GPU, 2 for each of 3 links, and its kernels: 12, or where they come from.
    const int kernels = json.at("efficiency").contains("as") ? 1 : 12;
    CHECK(figures(json, std::string(file.name)) == 13 + kernels);
  }
  for (const auto& model : catalog_models()) CHECK(model.source.size() > 10);
}

TEST_CASE("Every catalog file parses, is named like its entry, and names are sorted") {
  const auto check = [](const auto& specs, const auto& files, std::size_t least) {
    REQUIRE(specs.size() == files.size());
    CHECK(specs.size() >= least);
    std::set<std::string> names;
    for (const auto& file : files) names.emplace(file.name);
    for (std::size_t i = 0; i < specs.size(); ++i) {
      CHECK(names.count(specs[i].name + ".json") == 1);
      if (i > 0) CHECK(specs[i - 1].name < specs[i].name);
    }
  };
  check(catalog_gpus(), catalog_gpu_files(), 9);
  check(catalog_models(), catalog_model_files(), 9);
}

TEST_CASE("A GPU without kernel timings borrows another one's and says so") {
  const GpuSpec h200 = catalog_gpu("h200-sxm-141gb");
  const GpuSpec h100 = catalog_gpu("h100-sxm-80gb");
  CHECK(h200.efficiency.bf16_product.flops == h100.efficiency.bf16_product.flops);
  CHECK_THAT(h200.efficiency.decode_attention.source, Contains("an assumption"));
  CHECK_THAT(h200.efficiency.iteration_overhead_us.source, Contains("an assumption"));
  Json json = gpu_json();
  json["efficiency"] = {{"as", "h100"}, {"source", "the same"}};
  CHECK_THROWS_WITH(parse_gpu(json.dump(), "g"), Contains("h100-sxm-80gb"));
}

TEST_CASE("An unknown machine or model lists the valid names") {
  CHECK_THROWS_WITH(catalog_gpu("h100"), Contains("h100-sxm-80gb") && Contains("h200-sxm-141gb"));
  CHECK_THROWS_WITH(catalog_model("gpt-oss-20"), Contains("did you mean `gpt-oss-20b`"));
}

TEST_CASE("A user's file with an unknown key is refused") {
  Json gpu = gpu_json();
  gpu["hbm_byte"] = 1;
  CHECK_THROWS_WITH(parse_gpu(gpu.dump(), "my.json"),
                    Contains("unknown key") && Contains("hbm_byte") && Contains("my.json"));
  Json nested = gpu_json();
  nested["hbm_bytes"]["unit"] = "B";
  CHECK_THROWS_WITH(parse_gpu(nested.dump(), "my.json"), Contains("my.json: hbm_bytes"));
}

TEST_CASE("A user's file with a missing key, a wrong type or a value out of range is refused") {
  Json missing = model_json();
  missing.erase("kv_heads");
  CHECK_THROWS_WITH(parse_model(missing.dump(), "m"), Contains("missing key"));
  Json wrong = model_json();
  wrong["layers"] = "24";
  CHECK_THROWS_WITH(parse_model(wrong.dump(), "m"), Contains("m: layers"));
  Json fraction = model_json();
  fraction["layers"] = 24.5;
  CHECK_THROWS_WITH(parse_model(fraction.dump(), "m"), Contains("an integer"));
  Json zero = model_json();
  zero["layers"] = 0;
  CHECK_THROWS_WITH(parse_model(zero.dump(), "m"), Contains("out of range"));
  Json efficiency = gpu_json();
  efficiency["efficiency"]["bf16_product"]["weight_read"] = 1.5;
  CHECK_THROWS_WITH(parse_gpu(efficiency.dump(), "g"), Contains("out of range"));
}

TEST_CASE("A model whose figures contradict each other is refused") {
  const auto with = [](const char* key, int value) {
    Json json = model_json();
    json[key] = value;
    return json.dump();
  };
  CHECK_THROWS_AS(parse_model(with("sliding_layers", 25), "m"), Error);
  CHECK_THROWS_AS(parse_model(with("window", 0), "m"), Error);
  CHECK_THROWS_AS(parse_model(with("query_heads", 63), "m"), Error);
  CHECK_THROWS_AS(parse_model(with("active_experts", 33), "m"), Error);
}

TEST_CASE("A file that is missing or not JSON is refused") {
  CHECK_THROWS_WITH(load_gpu("/nonexistent/gpu.json"), Contains("/nonexistent/gpu.json"));
  CHECK_THROWS_AS(load_model(std::filesystem::temp_directory_path()), Error);
  CHECK_THROWS_WITH(parse_model("{", "m"), Contains("not valid JSON"));
  CHECK_THROWS_WITH(parse_model("[]", "m"), Contains("not a JSON object"));
}

TEST_CASE("A user's file in the catalog's format loads") {
  const auto path = std::filesystem::temp_directory_path() / "pagequest_catalog_test.json";
  Json gpu = gpu_json();
  gpu["name"] = "my-gpu";
  gpu["hbm_bytes"]["value"] = 24e9;
  std::ofstream(path) << gpu;
  const GpuSpec spec = load_gpu(path);
  std::filesystem::remove(path);
  CHECK(spec.name == "my-gpu");
  CHECK(spec.hbm_bytes.value == 24e9);
  CHECK(spec.bf16_flops.value == catalog_gpu("h100-sxm-80gb").bf16_flops.value);
}
