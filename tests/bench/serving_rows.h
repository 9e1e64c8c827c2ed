// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "simulator/machine/model_spec.h"

namespace pagequest::bench {

/// One measured serving run on one H100 SXM: a closed loop with fixed lengths.
struct ServingRow {
  std::string engine;
  simulator::ModelSpec model;
  std::int32_t input = 0;
  std::int32_t output = 0;
  std::int32_t concurrency = 0;
  std::int32_t requests = 0;
  std::int32_t max_batch_sequences = 256;
  std::int64_t kv_pages = 0;         // of 16 tokens; 0: what the memory holds
  double ttft_ms = 0.0;              // 0: not stated
  double tpot_ms = 0.0;              // 0: not stated
  double output_tokens_per_s = 0.0;  // 0: not stated
};

/// The rows of AIConfigurator's silicon sample (CSV) that one GPU served with a catalog model:
/// Llama-3.1-8B, and Qwen3-32B in bf16 and fp8.
[[nodiscard]] std::vector<ServingRow> read_silicon_rows(const std::filesystem::path& csv);

/// Published runs that no coefficient was fitted to, with their sources in the definition.
[[nodiscard]] std::vector<ServingRow> published_rows();

}  // namespace pagequest::bench
