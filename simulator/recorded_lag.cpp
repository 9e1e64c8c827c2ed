// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/recorded_lag.h"

#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_depth.h"

namespace pagequest::simulator {

std::int32_t recorded_lag_steps(const traces::Header& header) {
  if (nests_too_deep(header.config_json)) return 0;
  const auto config = nlohmann::json::parse(header.config_json, nullptr, false);
  if (!config.is_object() || !config.contains("policy_lag")) return 0;
  constexpr std::int64_t kMost = 1 << 20;
  const auto& lag = config.at("policy_lag");
  if (lag.is_number_integer() && lag >= 0 && lag <= kMost) return lag.get<std::int32_t>();
  throw input_error({.what = "the trace's configuration is malformed",
                     .where = "attribute `config_json`, key `policy_lag`",
                     .found = lag.dump(),
                     .expected = "a number of steps",
                     .hint = {}});
}

}  // namespace pagequest::simulator
