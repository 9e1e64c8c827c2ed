// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/jsonl.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "base/json_depth.h"

namespace pagequest::agent {
namespace {

constexpr std::size_t kShownBytes = 80;

std::string shown(std::string text) {
  if (text.size() > kShownBytes) text = text.substr(0, kShownBytes) + "...";
  return text;
}

std::string dumped(const nlohmann::json& value) {
  return shown(value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

[[noreturn]] void throw_file(const std::filesystem::path& path, const std::string& found) {
  throw input_error({.what = "can't read JSON lines",
                     .where = path.string(),
                     .found = found,
                     .expected = "a file with one JSON object a line",
                     .hint = {}});
}

}  // namespace

Error JsonLine::error(const std::string& field, const std::string& found,
                      const std::string& expected) const {
  const std::string place = path.string() + ", line " + std::to_string(number);
  return input_error({.what = "bad line in a file of JSON lines",
                      .where = field.empty() ? place : place + ", field `" + field + "`",
                      .found = shown(found),
                      .expected = expected,
                      .hint = {}});
}

std::string JsonLine::text(const std::string& field) const {
  const auto at = object.find(field);
  if (at == object.end()) throw error(field, "no such field", "a text");
  if (!at->is_string() || at->get_ref<const std::string&>().empty()) {
    throw error(field, dumped(*at), "a text that is not empty");
  }
  return at->get<std::string>();
}

std::optional<std::int32_t> JsonLine::positive(const std::string& field) const {
  const auto at = object.find(field);
  if (at == object.end() || at->is_null()) return std::nullopt;
  const bool fits = at->is_number_integer() && at->get<std::int64_t>() >= 1 &&
                    at->get<std::int64_t>() <= INT32_MAX;
  if (!fits) throw error(field, dumped(*at), "an integer of at least 1");
  return at->get<std::int32_t>();
}

void for_each_json_line(const std::filesystem::path& path,
                        const std::function<void(const JsonLine&)>& take) {
  const std::string too_deep = "brackets nested deeper than " + std::to_string(kDeepestJson);
  std::ifstream in(path);
  if (!in || std::filesystem::is_directory(path)) throw_file(path, "no readable file");
  std::int32_t number = 0;
  std::int32_t taken = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const bool deep = nests_too_deep(line);
    const auto object = deep ? nlohmann::json() : nlohmann::json::parse(line, nullptr, false);
    const JsonLine entry{.path = path, .number = number, .object = object};
    if (!object.is_object()) throw entry.error("", deep ? too_deep : line, "a JSON object");
    take(entry);
    ++taken;
  }
  if (in.bad()) throw_file(path, "a failing read");
  if (taken == 0) throw_file(path, "an empty file");
}

}  // namespace pagequest::agent
