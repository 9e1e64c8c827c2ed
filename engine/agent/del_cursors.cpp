// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/del_cursors.h"

#include <nlohmann/json.hpp>

namespace pagequest::agent {
namespace {

std::string_view last_object(std::string_view text) {
  const auto open = text.rfind('{');
  const auto close = text.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  return text.substr(open, close - open + 1);
}

bool is_known(const nlohmann::json& item, const std::set<std::int32_t>& known) {
  if (!item.is_number_integer()) return false;
  const auto value = item.get<std::int64_t>();
  return value >= 0 && value <= INT32_MAX && known.contains(static_cast<std::int32_t>(value));
}

}  // namespace

bool holds_del_cursors(std::string_view text) {
  const auto object = nlohmann::json::parse(last_object(text), nullptr, false);
  return object.is_object() && object.size() == 1 && object.contains("del_cursors") &&
         object["del_cursors"].is_array();
}

DeletionCommand parse_del_cursors(std::string_view text, const std::set<std::int32_t>& known) {
  const auto object = nlohmann::json::parse(last_object(text), nullptr, false);
  if (!object.is_object() || object.size() != 1 || !object.contains("del_cursors")) return {};
  const auto& list = object["del_cursors"];
  if (!list.is_array()) return {};
  std::set<std::int32_t> cursors;
  for (const auto& item : list) {
    if (!is_known(item, known)) return {};
    cursors.insert(item.get<std::int32_t>());
  }
  return {.parsed = true, .cursors = {cursors.begin(), cursors.end()}};
}

}  // namespace pagequest::agent
