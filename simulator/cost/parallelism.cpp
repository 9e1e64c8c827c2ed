// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/parallelism.h"

#include <algorithm>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

void require(bool valid, const ModelSpec& model, const std::string& found,
             const std::string& expected) {
  if (valid) return;
  throw usage_error({.what = "the model can't be spread like that",
                     .where = model.name,
                     .found = found,
                     .expected = expected,
                     .hint = "choose another tensor or pipeline parallelism"});
}

}  // namespace

LayerShard shard(const ModelSpec& model, Parallelism parallelism) {
  const std::int32_t tp = parallelism.tensor;
  const std::int32_t pp = parallelism.pipeline;
  require(tp >= 1 && pp >= 1, model, std::to_string(tp) + " x " + std::to_string(pp) + " GPUs",
          "at least one GPU and one stage");
  require(model.query_heads % tp == 0, model, "tensor parallelism of " + std::to_string(tp),
          "a divisor of " + std::to_string(model.query_heads) + " query heads");
  require(model.kv_heads % tp == 0 || tp % model.kv_heads == 0, model,
          "tensor parallelism of " + std::to_string(tp),
          "a divisor or a multiple of " + std::to_string(model.kv_heads) + " KV heads");
  require(pp <= model.layers, model, std::to_string(pp) + " stages",
          "at most " + std::to_string(model.layers) + ", one a layer");
  return {.query_heads = static_cast<double>(model.query_heads) / tp,
          .kv_heads = std::max(1.0, static_cast<double>(model.kv_heads) / tp),
          .intermediate = static_cast<double>(model.intermediate) / tp,
          .vocabulary = static_cast<double>(model.vocabulary) / tp};
}

}  // namespace pagequest::simulator
