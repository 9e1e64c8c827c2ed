// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/point_result.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/json_depth.h"

namespace pagequest::simulator {

using nlohmann::json;

std::string result_text(const std::string& id, const SweepSettings& resolved,
                        const PointResult& result) {
  json document = {{"id", id}, {"settings", resolved}};
  if (result.error.empty()) {
    json& metrics = document["metrics"] = json::object();
    for (const auto& [name, value] : result.metrics) {
      if (std::isfinite(value)) metrics[name] = value;
    }
  } else {
    document["error"] = result.error;
  }
  // Messages may quote the bytes of a file.
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<PointResult> parse_result(const std::string& text, const std::string& id) {
  if (nests_too_deep(text)) return std::nullopt;
  const json document = json::parse(text, nullptr, false);
  try {
    if (document.at("id") != id) return std::nullopt;
    PointResult result;
    if (document.contains("error")) {
      result.error = document.at("error");
    } else {
      result.metrics = document.at("metrics").get<std::map<std::string, double>>();
    }
    return result;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace pagequest::simulator
