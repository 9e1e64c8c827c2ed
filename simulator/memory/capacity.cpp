// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/capacity.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "simulator/cost/parallelism.h"

namespace pagequest::simulator {
namespace {

double activation_bytes(const ModelSpec& model, const SimulationConfig& config) {
  constexpr double kBf16 = 2.0;
  constexpr double kF32 = 4.0;
  const double values_per_token =
      2.0 * model.hidden + model.head_dim * (2.0 * model.query_heads + 2.0 * model.kv_heads) +
      3.0 * model.intermediate * model.active_experts;
  return static_cast<double>(config.max_batch_tokens) * values_per_token * kBf16 +
         static_cast<double>(config.max_batch_sequences) * model.vocabulary * kF32 /
             config.tensor_parallel;
}

std::string gigabytes(double bytes) { return std::to_string(bytes / 1e9) + " GB"; }

void divide_pages(const ModelSpec& model, const SimulationConfig& config, KvCapacity& out) {
  const Parallelism parallelism{config.tensor_parallel, config.pipeline_parallel};
  const double copies = shard(model, parallelism).kv_heads * config.tensor_parallel /
                        static_cast<double>(model.kv_heads);
  const bool windows_only = config.sliding_kv == SlidingKv::window;
  const std::int32_t layers = windows_only ? model.full_layers() : model.layers;
  const double token_bytes = model.kv_bytes_per_layer() * copies / parallelism.gpus();
  out.gpu_page_bytes = config.page_tokens * layers * token_bytes;
  out.page_bytes = out.gpu_page_bytes * parallelism.gpus();
  if (windows_only) {
    const double window_pages = std::ceil(static_cast<double>(model.window) / config.page_tokens);
    out.window_bytes = config.max_batch_sequences * window_pages * config.page_tokens *
                       model.sliding_layers * token_bytes;
  } else {
    out.sliding_waste = static_cast<double>(model.sliding_layers) / model.layers;
  }
}

[[noreturn]] void throw_full(const GpuSpec& gpu, const ModelSpec& model, const KvCapacity& out) {
  throw usage_error(
      {.what = "no memory is left for keys and values",
       .where = model.name + " on " + gpu.name,
       .found = gigabytes(out.usable_bytes) + " usable in a GPU, " + gigabytes(out.weight_bytes) +
                " of weights, " + gigabytes(out.activation_bytes + out.runtime_bytes) +
                " of activations and runtime: " + gigabytes(-out.kv_bytes) + " too little",
       .expected = "room for at least one page",
       .hint = "more GPUs (tensor_parallel), a larger GPU, a smaller model or a "
               "smaller max_batch_tokens"});
}

}  // namespace

KvCapacity kv_capacity(const GpuSpec& gpu, const ModelSpec& model, const SimulationConfig& config) {
  KvCapacity out;
  divide_pages(model, config, out);
  out.usable_bytes = gpu.hbm_bytes.value * config.hbm_utilisation;
  out.weight_bytes = model.weight_bytes() / (config.tensor_parallel * config.pipeline_parallel);
  out.activation_bytes = activation_bytes(model, config);
  out.runtime_bytes = gpu.runtime_bytes.value;
  out.kv_bytes = out.usable_bytes - out.weight_bytes - out.activation_bytes - out.runtime_bytes -
                 out.window_bytes;
  out.pages = config.kv_pages;
  if (config.kv_pages == 0) {
    out.pages = static_cast<std::int64_t>(std::floor(out.kv_bytes / out.gpu_page_bytes));
  }
  if (out.pages < 1) throw_full(gpu, model, out);
  return out;
}

}  // namespace pagequest::simulator
