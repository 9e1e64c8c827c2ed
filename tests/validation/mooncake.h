// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "traces/import/importer.h"

namespace pagequest::simulator::validation {

/// Mooncake's conversation trace (FAST '25): 12,031 requests, blocks of 512 tokens. Not part of the
/// repository; nothing, with a warning, where it is missing.
inline std::optional<traces::RequestTrace> mooncake() {
  const std::string path = std::string(PQ_SHARED_DATA) + "/mooncake_conversation_trace.jsonl";
  if (std::filesystem::exists(path)) return traces::import_requests(path);
  WARN("SKIPPED: no trace at " << path);
  return std::nullopt;
}

}  // namespace pagequest::simulator::validation
