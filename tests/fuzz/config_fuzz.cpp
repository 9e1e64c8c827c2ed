// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes as a config.json: an input_error, or a config that is consistent in itself.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "engine/model/model_config.h"
#include "engine/model/rope.h"

namespace {

using pagequest::Error;
using pagequest::ErrorKind;
using pagequest::model::ModelConfig;

void check(const ModelConfig& config) {
  const auto layers = static_cast<std::size_t>(config.layers);
  const bool good = config.query_heads % config.kv_heads == 0 &&
                    (config.windows.empty() || config.windows.size() == layers) &&
                    (config.sparse_layers.empty() || config.sparse_layers.size() == layers) &&
                    config.moe.experts_per_token <= config.moe.experts && config.max_positions > 0;
  if (!good) std::abort();
  for (const float frequency : rope_frequencies(config.rope, config.head_dim)) {
    if (std::isnan(frequency)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    check(pagequest::model::parse_config(text, "model/config.json"));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) std::abort();
  }
  return 0;
}
