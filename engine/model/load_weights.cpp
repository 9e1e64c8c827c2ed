// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/load_weights.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>

#include "base/error.h"
#include "base/params.h"
#include "base/rng.h"
#include "engine/model/families/family.h"
#include "engine/model/tensor_reader.h"
#include "engine/model/weights_hash.h"

namespace pagequest::model {
namespace {

constexpr std::array kStorages = {WeightStorage::as_stored, WeightStorage::int8, WeightStorage::fp8,
                                  WeightStorage::bf16};

/// Tensors that do not take part in what the engine computes: tables that follow from config.json,
/// scales of quantised activations and KV caches, and an output layer that the config ties.
bool changes_nothing(const std::string& name, const ModelConfig& config) {
  constexpr std::array<std::string_view, 5> kEndings = {
      "rotary_emb.inv_freq", ".input_scale", ".activation_scale", ".k_scale", ".v_scale"};
  const bool known = std::any_of(kEndings.begin(), kEndings.end(),
                                 [&](std::string_view ending) { return name.ends_with(ending); });
  return known || (config.tied_embeddings && name == "lm_head.weight");
}

void check_unused(const Checkpoint& checkpoint, const ModelConfig& config,
                  const std::vector<std::string>& unused) {
  for (const std::string& name : unused) {
    if (changes_nothing(name, config)) continue;
    throw input_error({.what = "tensor `" + name + "` has no place in a " + config.family +
                               " model of this shape",
                       .where = checkpoint.tensors().at(name).file->path().string(),
                       .found = {},
                       .expected = {},
                       .hint = "config.json and the weights must belong together"});
  }
}

Weights read(TensorReader& reader, const ModelConfig& config) {
  const Family& family = family_named(config.family);
  const std::int64_t hidden = config.hidden_size;
  const bool tied = config.tied_embeddings;
  Weights weights;
  weights.embedding = reader.matrix({{"model.embed_tokens", config.vocabulary}}, hidden,
                                    tied ? Precision::quantisable : Precision::as_stored);
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    weights.layers.push_back(family.load_layer(reader, config, layer));
  }
  weights.final_norm = reader.vector("model.norm.weight", hidden);
  if (!tied) {
    weights.output =
        reader.matrix({{"lm_head", config.vocabulary}}, hidden, Precision::quantisable);
  }
  return weights;
}

}  // namespace

std::string_view to_string(WeightStorage storage) {
  const std::optional<ops::WeightType> type = type_of(storage);
  return type ? ops::to_string(*type) : "stored";
}

WeightStorage weight_storage_named(std::string_view name) {
  return value_named("weight storage", name, kStorages);
}

std::optional<ops::WeightType> type_of(WeightStorage storage) {
  switch (storage) {
    case WeightStorage::as_stored:
      return std::nullopt;
    case WeightStorage::int8:
      return ops::WeightType::int8;
    case WeightStorage::fp8:
      return ops::WeightType::fp8;
    case WeightStorage::bf16:
      return ops::WeightType::bf16;
  }
  return std::nullopt;
}

Weights load_weights(const Checkpoint& checkpoint, const ModelConfig& config,
                     const LoadOptions& options) {
  std::uint64_t hash = 0;
  std::jthread hasher([&](const std::stop_token& stop) { hash = hash_of(checkpoint, stop); });
  TensorReader reader(checkpoint, options);
  Weights weights = read(reader, config);
  weights.unused_tensors = reader.left_over();
  check_unused(checkpoint, config, weights.unused_tensors);
  hasher.join();
  const bool as_stored = options.storage == WeightStorage::as_stored;
  weights.hash = as_stored ? hash : mix64(hash ^ (8U * static_cast<unsigned>(options.storage)));
  return weights;
}

}  // namespace pagequest::model
