// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Matrices that are rounded as they are loaded.
#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "tests/unit/model/family_checkpoints.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

const std::vector<WeightStorage> kRounded = {WeightStorage::int8, WeightStorage::fp8,
                                             WeightStorage::bf16};

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
  const auto storage = GENERATE(from_range(kRounded));
  const Model plain = dense_model(WeightStorage::as_stored);
  const Model model = dense_model(storage);
  // The widest step of the type, over its largest value.
  const float step = storage == WeightStorage::int8  ? 1.0F / 127.0F
                     : storage == WeightStorage::fp8 ? 32.0F / 448.0F
                                                     : 1.0F / 128.0F;
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
  const auto storage = GENERATE(from_range(kRounded));
  const Model model = dense_model(storage);
  CHECK(model.weights().embedding.type() == ops::WeightType::f32);
  CHECK(model.weights().logits().type() == type_of(storage));
  CHECK(model.weights().layers[0].query_key_value.matrix.type() == type_of(storage));
  CHECK(model.weights().layers[1].dense.down.matrix.type() == type_of(storage));
}

TEST_CASE("Rounding covers an embedding that is also the output layer") {
  const auto storage = GENERATE(from_range(kRounded));
  const Model model = load_model(small_config(), small_tensors(), {.storage = storage});
  CHECK(model.weights().embedding.type() == type_of(storage));
}

TEST_CASE("Rounding covers experts, but no router") {
  const auto storage = GENERATE(from_range(kRounded));
  const Model model = sparse_model(storage);
  CHECK(model.weights().layers[0].router.matrix.type() == ops::WeightType::f32);
  CHECK(model.weights().layers[0].experts[0].down.matrix.type() == type_of(storage));
}

TEST_CASE("Each way to keep weights gives them another hash") {
  std::set<std::string> hashes = {dense_model(WeightStorage::as_stored).weights_hash()};
  for (const auto storage : kRounded) hashes.insert(dense_model(storage).weights_hash());
  CHECK(hashes.size() == 1 + kRounded.size());
}

TEST_CASE("Types of weights are listed, those with the most bytes first") {
  // The embedding and the routers stay in f32.
  CHECK(sparse_model(WeightStorage::fp8).weights().types() ==
        std::vector{ops::WeightType::fp8, ops::WeightType::f32});
}

TEST_CASE("A weight storage is found by its name") {
  for (const auto storage : kRounded) CHECK(weight_storage_named(to_string(storage)) == storage);
  CHECK(weight_storage_named("stored") == WeightStorage::as_stored);
}

TEST_CASE("An unknown weight storage is an error that lists the names") {
  try {
    (void)weight_storage_named("fp4");
    FAIL("no error was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.what(), Contains("fp4") && Contains("stored, int8, fp8, bf16"));
  }
}

}  // namespace
}  // namespace pagequest::model::test
