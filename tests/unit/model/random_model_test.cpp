// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/random_model.h"

#include <cmath>

#include "tests/unit/model/checkpoint.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

/// Root of the mean square of one output's weights, times the square root of their number.
double relative_deviation(const ops::PackedMatrix& matrix) {
  double sum = 0.0;
  for (std::int64_t output = 0; output < matrix.outputs(); ++output) {
    for (const float x : row_of(matrix, output)) sum += double{x} * double{x};
  }
  return std::sqrt(sum / static_cast<double>(matrix.outputs()));
}

ModelConfig small_gpt_oss() {
  ModelConfig config = named_geometry("gpt-oss-20b");
  config.hidden_size = 64;
  config.intermediate_size = config.moe.intermediate_size = 96;
  config.layers = 2;
  config.query_heads = 4;
  config.kv_heads = 2;
  config.vocabulary = 100;
  config.moe.experts = 4;
  config.windows.resize(2);
  config.sparse_layers.resize(2);
  return config;
}

TEST_CASE("A random model has the shape and the type that were asked for") {
  const auto type = GENERATE(ops::WeightType::f32, ops::WeightType::bf16, ops::WeightType::int8,
                             ops::WeightType::fp8);
  const Model model = random_model(named_geometry("tiny"), 1, type);
  const ModelConfig& config = model.config();
  CHECK_FALSE(model.has_tokenizer());
  REQUIRE(model.weights().layers.size() == static_cast<std::size_t>(config.layers));
  const LayerWeights& layer = model.weights().layers[1];
  CHECK(layer.query_key_value.matrix.type() == type);
  CHECK(layer.query_key_value.matrix.outputs() == (4 + 2 * 2) * 16);
  CHECK(layer.dense.gate_up.matrix.outputs() == 2 * config.intermediate_size);
  CHECK(layer.query_norm.size() == 16);
  CHECK(model.weights().logits().outputs() == config.vocabulary);
  CHECK(relative_deviation(layer.dense.down.matrix) == Approx(1.0).epsilon(0.05));
}

TEST_CASE("A random gpt-oss has MXFP4 experts of a usable size, and bf16 elsewhere") {
  const Model model = random_model(small_gpt_oss(), 1, ops::WeightType::mxfp4);
  const LayerWeights& layer = model.weights().layers[0];
  CHECK(layer.query_key_value.matrix.type() == ops::WeightType::bf16);
  CHECK(layer.sinks.size() == 4);
  REQUIRE(layer.experts.size() == 4);
  CHECK(layer.experts[3].gate_up.matrix.type() == ops::WeightType::mxfp4);
  CHECK(layer.experts[3].gate_up.bias.size() == 192);
  const double deviation = relative_deviation(layer.experts[3].down.matrix);
  CHECK(deviation > 0.7);
  CHECK(deviation < 1.5);
}

TEST_CASE("The seed decides every weight") {
  const ModelConfig config = named_geometry("tiny");
  const Model a = random_model(config, 1, ops::WeightType::f32);
  const Model b = random_model(config, 1, ops::WeightType::f32);
  const Model c = random_model(config, 2, ops::WeightType::f32);
  CHECK(row_of(a.weights().embedding, 200) == row_of(b.weights().embedding, 200));
  CHECK(row_of(a.weights().embedding, 200) != row_of(c.weights().embedding, 200));
  CHECK(row_of(a.weights().embedding, 200) != row_of(a.weights().embedding, 201));
  CHECK(a.weights_hash() != c.weights_hash());
}

TEST_CASE("Geometries are listed, and an unknown one is an error that lists them") {
  CHECK(geometry_names() == std::vector<std::string_view>{"gpt-oss-20b", "llama-3.1-8b",
                                                          "qwen3-0.6b", "qwen3-8b", "tiny"});
  try {
    (void)named_geometry("qwen3-0.7b");
    FAIL("no error was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), Contains("qwen3-0.7b") && Contains("gpt-oss-20b"));
  }
}

}  // namespace
}  // namespace pagequest::model::test
