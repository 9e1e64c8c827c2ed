// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace pagequest::traces {

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
  std::string config_json;  // the whole resolved configuration of the recording
  std::string version;      // of PageQuest
  std::string commit;       // of PageQuest, "" if it was not built in a repository
};

}  // namespace pagequest::traces
