// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/machine/json_members.h"

#include <fstream>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/params.h"

namespace pagequest::simulator {

using Json = nlohmann::json;

JsonMembers::JsonMembers(const Json& json, std::string where, std::string hint)
    : json_(json), where_(std::move(where)), hint_(std::move(hint)) {
  if (!json.is_object()) fail("not a JSON object", where_, json.type_name(), "an object");
}

void JsonMembers::fail(const std::string& what, const std::string& at, const std::string& found,
                       const std::string& expected) const {
  throw input_error(
      {.what = what, .where = at, .found = found, .expected = expected, .hint = hint_});
}

bool JsonMembers::has(const std::string& key) {
  known_.insert(key);
  const auto member = json_.find(key);
  return member != json_.end() && !member->is_null();
}

const Json& JsonMembers::at(const std::string& key) {
  known_.insert(key);
  const auto member = json_.find(key);
  if (member == json_.end()) fail("missing key", where_, {}, "`" + key + "`");
  return *member;
}

std::string JsonMembers::text(const std::string& key) {
  const Json& value = at(key);
  if (!value.is_string()) fail("wrong type", path(key), value.type_name(), "a string");
  if (value.get_ref<const std::string&>().empty()) fail("empty", path(key), "\"\"", "a text");
  return value.get<std::string>();
}

bool JsonMembers::flag(const std::string& key) {
  const Json& value = at(key);
  if (!value.is_boolean()) fail("wrong type", path(key), value.type_name(), "true or false");
  return value.get<bool>();
}

double JsonMembers::real(const std::string& key, double low, double high) {
  const Json& value = at(key);
  if (!value.is_number()) fail("wrong type", path(key), value.type_name(), "a number");
  const auto number = value.get<double>();
  if (!(number >= low && number <= high)) {
    fail("out of range", path(key), value.dump(),
         "from " + to_text(ParamValue(low)) + " to " + to_text(ParamValue(high)));
  }
  return number;
}

std::int32_t JsonMembers::integer(const std::string& key, std::int32_t low, std::int32_t high) {
  if (!at(key).is_number_integer()) fail("wrong type", path(key), at(key).dump(), "an integer");
  return static_cast<std::int32_t>(real(key, low, high));
}

JsonMembers JsonMembers::object(const std::string& key) { return {at(key), path(key), hint_}; }

Figure JsonMembers::figure(const std::string& key, double low, double high) {
  JsonMembers members = object(key);
  Figure out{members.real("value", low, high), members.text("source")};
  members.done();
  return out;
}

void JsonMembers::done() const {
  for (const auto& item : json_.items()) {
    if (known_.count(item.key()) > 0) continue;
    std::string list;
    for (const auto& name : known_) list += (list.empty() ? "one of: " : ", ") + name;
    fail("unknown key", where_, "`" + item.key() + "`", list);
  }
}

Json parse_json(std::string_view text, const std::string& where, const std::string& hint) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw input_error({.what = "not valid JSON",
                       .where = where,
                       .found = error.what(),
                       .expected = "a JSON object",
                       .hint = hint});
  }
}

std::string read_text(const std::string& path, const std::string& expected) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || !text) {
    throw input_error({.what = "can't read the file",
                       .where = path,
                       .found = {},
                       .expected = expected,
                       .hint = "check the path and the permissions"});
  }
  return std::move(text).str();
}

}  // namespace pagequest::simulator
