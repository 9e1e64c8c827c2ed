// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pagequest::traces {

/// What a recording has beside the mean and maximum masses.
struct Captures {
  bool sink_share = false;   // the model has attention sinks
  bool query_heads = false;  // masses per query head
  bool query_cosine = false;
  bool key_bounds = false;
  bool head_evictions = false;    // the policy drops tokens from single layers or heads
  bool requantisations = false;   // the policy changes the precision of stored tokens
  bool key_reads = false;         // decode steps select the keys that they read
  std::vector<float> thresholds;  // probabilities, ascending: sets of tokens that reach them
  bool operator==(const Captures&) const = default;
};

/// How kernel times were measured, and what the machine can do at most.
struct KernelTiming {
  std::string clock;         // "cupti", "cuda-events", "host"
  double copy_gbps = 0;      // bytes that move, 1e9 a second; 0: not measured
  double matmul_tflops = 0;  // of a large matrix product; 0: not measured
  bool operator==(const KernelTiming&) const = default;
};

/// Under which conditions a trace was recorded.
struct Header {
  std::string model;  // name from the model folder's config, with its weights' hash
  std::string task;   // "pocket-hops"
  std::string setting;
  std::string policy;                                // registry name, or "hindsight"
  std::map<std::string, std::string> policy_params;  // resolved
  std::int32_t budget_tokens = 0;                    // 0: the policy takes none
  std::uint64_t seed = 0;
  std::int32_t page_size = 0;  // tokens
  std::int32_t layers = 0;
  std::int32_t query_heads = 0;
  std::int32_t kv_heads = 0;
  std::int32_t head_dim = 0;
  std::int32_t prefill_rows = 0;  // rows of a prefill chunk that its attention is averaged over
  std::int32_t episodes_planned = 0;
  std::string kv_storage = "f32";     // of keys and values: "f32", "bf16", "int8"
  std::string kv_tables = "shared";   // page tables: "shared", "per_layer", "per_head"
  std::vector<std::int32_t> windows;  // (layer): tokens that a query sees, itself included; 0: all.
                                      // Empty: all layers see all
  Captures captures;
  std::optional<KernelTiming> kernel_timing;  // none: no kernel times
  std::string config_json;                    // the whole resolved configuration of the recording
  std::string version;                        // of PageQuest
  std::string commit;  // of PageQuest, "" if it was not built in a repository

  /// Whether a layer sees less than all, so that its first page is recorded.
  [[nodiscard]] bool has_windows() const {
    return std::any_of(windows.begin(), windows.end(), [](std::int32_t w) { return w != 0; });
  }
};

}  // namespace pagequest::traces
