// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "simulator/workload/session.h"

namespace pagequest::cli {

/// What is served, and under which policy.
struct WorkloadChoice {
  /// A trace of `pagequest record`; a request trace of any public format; or generated episodes,
  /// "agents:PRESET" with parameters, "agents:frames:episodes=100,system_tokens=500".
  std::string source;
  /// In place of the recorded one: "NAME" or "NAME:budget=TOKENS,key=value"; "": as recorded.
  std::string policy;
  std::int32_t token_scale = 1;  // of recorded episodes
  std::int32_t page_tokens = 0;  // of the identities of a request trace's pages; 0: its blocks
  std::int64_t requests = 0;     // the first ones of a request trace; 0: all
  std::uint64_t seed = 1;        // of what is generated or modelled
};

/// Throws input_error and usage_error: a source that nobody knows, what its reader complains about,
/// an unknown or inapplicable policy.
[[nodiscard]] simulator::Workload load_workload(const WorkloadChoice& choice);

/// Whether a source is generated episodes rather than a file.
[[nodiscard]] bool is_generated(const std::string& source);

/// Tokens of the blocks that a source names; 0: it names none.
[[nodiscard]] std::int32_t block_tokens_of(const std::string& source);

}  // namespace pagequest::cli
