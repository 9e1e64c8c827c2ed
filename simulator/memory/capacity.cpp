// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/capacity.h"

#include <cmath>
#include <string>

#include "base/error.h"

namespace pagequest::simulator {
namespace {

double activation_bytes(const ModelSpec& model, const SimulationConfig& config) {
  constexpr double kBf16 = 2.0;
  constexpr double kF32 = 4.0;
  const double values_per_token =
      2.0 * model.hidden + model.head_dim * (2.0 * model.query_heads + 2.0 * model.kv_heads) +
      3.0 * model.intermediate * model.active_experts;
  return static_cast<double>(config.max_batch_tokens) * values_per_token * kBf16 +
         static_cast<double>(config.max_batch_sequences) * model.vocabulary * kF32;
}

std::string gigabytes(double bytes) { return std::to_string(bytes / 1e9) + " GB"; }

}  // namespace

KvCapacity kv_capacity(const GpuSpec& gpu, const ModelSpec& model, const SimulationConfig& config) {
  KvCapacity out;
  out.usable_bytes = gpu.hbm_bytes.value * config.hbm_utilisation;
  out.weight_bytes = model.weight_bytes();
  out.activation_bytes = activation_bytes(model, config);
  out.runtime_bytes = gpu.runtime_bytes.value;
  out.page_bytes = static_cast<double>(config.page_tokens) * model.kv_bytes_per_token();
  out.kv_bytes = out.usable_bytes - out.weight_bytes - out.activation_bytes - out.runtime_bytes;
  out.pages = config.kv_pages;
  if (config.kv_pages == 0) {
    out.pages = static_cast<std::int64_t>(std::floor(out.kv_bytes / out.page_bytes));
  }
  if (out.pages < 1) {
    throw usage_error({.what = "no memory is left for keys and values",
                       .where = model.name + " on " + gpu.name,
                       .found = gigabytes(out.usable_bytes) + " usable, " +
                                gigabytes(out.weight_bytes) + " of weights, " +
                                gigabytes(out.activation_bytes + out.runtime_bytes) +
                                " of activations and runtime",
                       .expected = "room for at least one page",
                       .hint = "a larger GPU, a smaller model or a smaller max_batch_tokens"});
  }
  return out;
}

}  // namespace pagequest::simulator
