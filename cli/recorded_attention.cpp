// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/recorded_attention.h"

#include <nlohmann/json.hpp>

#include "base/json_depth.h"

namespace pagequest::cli {

bool has_attention(const traces::Header& header) {
  if (nests_too_deep(header.config_json)) return true;
  const auto config = nlohmann::json::parse(header.config_json, nullptr, false);
  if (!config.is_object()) return true;
  const auto attention = config.find("attention");
  return attention == config.end() || *attention != false;
}

}  // namespace pagequest::cli
