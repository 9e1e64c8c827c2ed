// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Matrices that are rounded as they are loaded.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

/// An untied Llama, with its weights kept in `storage`.
Model dense_model(WeightStorage storage) {
  float next = -40.0F;
  Tensors tensors = attention_tensors(next, {});
  add_gated(tensors, "model.layers.0.mlp.", next);
  add_gated(tensors, "model.layers.1.mlp.", next);
  return load_model(family_config("LlamaForCausalLM", "llama"), tensors, {.storage = storage});
}

/// An untied Qwen3-MoE.
Model sparse_model(WeightStorage storage) {
  float next = 1.0F;
  Tensors tensors = attention_tensors(next, {"qk_norm"});
  json config = family_config("Qwen3MoeForCausalLM", "qwen3_moe");
  config.update(
      {{"num_experts", 1}, {"num_experts_per_tok", 1}, {"moe_intermediate_size", kInner}});
  for (const std::string layer : {"model.layers.0.", "model.layers.1."}) {
    tensors[layer + "mlp.gate.weight"] = counted({1, kHidden}, next);
    add_gated(tensors, layer + "mlp.experts.0.", next);
  }
  return load_model(config, tensors, {.storage = storage});
}

TEST_CASE("Rounded weights are within half a step of the stored ones") {
  const auto storage = GENERATE(WeightStorage::int8, WeightStorage::fp8);
  const Model plain = dense_model(WeightStorage::as_stored);
  const Model model = dense_model(storage);
  // The widest step of the type, over its largest value.
  const float step = storage == WeightStorage::int8 ? 1.0F / 127.0F : 32.0F / 448.0F;
  for (std::int64_t row = 0; row < 5; ++row) {
    const std::vector<float> exact = row_of(plain.weights().logits(), row);
    const std::vector<float> rounded = row_of(model.weights().logits(), row);
    float largest = 0.0F;
    for (const float x : exact) largest = std::max(largest, std::fabs(x));
    for (std::size_t k = 0; k < exact.size(); ++k) {
      CHECK(std::fabs(rounded[k] - exact[k]) <= largest * step * 0.5001F);
    }
  }
}

TEST_CASE("Rounding covers what a step reads as a whole") {
  const auto storage = GENERATE(WeightStorage::int8, WeightStorage::fp8);
  const Model model = dense_model(storage);
  CHECK(model.weights().embedding.type() == ops::WeightType::f32);
  CHECK(model.weights().logits().type() == type_of(storage));
  CHECK(model.weights().layers[0].query_key_value.matrix.type() == type_of(storage));
  CHECK(model.weights().layers[1].dense.down.matrix.type() == type_of(storage));
}

TEST_CASE("Rounding covers an embedding that is also the output layer") {
  const auto storage = GENERATE(WeightStorage::int8, WeightStorage::fp8);
  const Model model = load_model(small_config(), small_tensors(), {.storage = storage});
  CHECK(model.weights().embedding.type() == type_of(storage));
}

TEST_CASE("Rounding covers experts, but no router") {
  const auto storage = GENERATE(WeightStorage::int8, WeightStorage::fp8);
  const Model model = sparse_model(storage);
  CHECK(model.weights().layers[0].router.matrix.type() == ops::WeightType::f32);
  CHECK(model.weights().layers[0].experts[0].down.matrix.type() == type_of(storage));
}

TEST_CASE("Weights as stored, in int8 and in fp8 have different hashes") {
  const std::string stored = dense_model(WeightStorage::as_stored).weights_hash();
  const std::string int8 = dense_model(WeightStorage::int8).weights_hash();
  const std::string fp8 = dense_model(WeightStorage::fp8).weights_hash();
  CHECK(stored != int8);
  CHECK(stored != fp8);
  CHECK(int8 != fp8);
}

TEST_CASE("Types of weights are listed, those with the most bytes first") {
  // The embedding and the routers stay in f32.
  CHECK(sparse_model(WeightStorage::fp8).weights().types() ==
        std::vector{ops::WeightType::fp8, ops::WeightType::f32});
}

TEST_CASE("A weight storage is found by its name") {
  for (const auto storage : {WeightStorage::as_stored, WeightStorage::int8, WeightStorage::fp8}) {
    CHECK(weight_storage_named(to_string(storage)) == storage);
  }
}

TEST_CASE("An unknown weight storage is an error that lists the names") {
  try {
    (void)weight_storage_named("fp4");
    FAIL("no error was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), Contains("fp4") && Contains("stored, int8, fp8"));
  }
}

}  // namespace
}  // namespace pagequest::model::test
