// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/config_reader.h"

#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/model/json_file.h"

namespace pagequest::model {
namespace {

using nlohmann::json;

std::string range(std::int64_t least, std::int64_t most) {
  return "an integer from " + std::to_string(least) + " to " + std::to_string(most);
}

bool is_integer_in(const json& value, std::int64_t least, std::int64_t most) {
  if (!value.is_number_integer()) return false;
  const std::int64_t number = value.get<std::int64_t>();
  return number >= least && number <= most;
}

/// Values that switch a computation off, or leave it as it is.
bool is_neutral(const json& value) {
  if (value.is_number()) return value == 0 || value == 1;
  if (value.is_boolean()) return value == false;
  return value.is_null() || value.empty();
}

}  // namespace

ConfigReader::ConfigReader(std::string_view text, const std::filesystem::path& path)
    : path_(path), json_(std::make_shared<const json>(parse_json_object(text, path))) {}

ConfigReader::ConfigReader(std::filesystem::path path, std::string prefix,
                           std::shared_ptr<const json> json)
    : path_(std::move(path)), prefix_(std::move(prefix)), json_(std::move(json)) {}

ConfigReader ConfigReader::object(const std::string& field) const {
  const json& value = at(field);
  if (!value.is_object()) throw error(field, "an object");
  return {path_, prefix_ + field + ".", std::make_shared<const json>(value)};
}

const json& ConfigReader::at(const std::string& field) const {
  static const json kAbsent;
  read_.insert(field);
  const auto value = json_->find(field);
  return value == json_->end() ? kAbsent : *value;
}

bool ConfigReader::has(const std::string& field) const { return !at(field).is_null(); }

bool ConfigReader::has_or_null(const std::string& field) const { return json_->contains(field); }

std::int32_t ConfigReader::integer(const std::string& field, std::int64_t least,
                                   std::int64_t most) const {
  if (!is_integer_in(at(field), least, most)) throw error(field, range(least, most));
  return at(field).get<std::int32_t>();
}

std::int32_t ConfigReader::size(const std::string& field) const {
  constexpr std::int64_t kMost = 1 << 20;
  return integer(field, 1, kMost);
}

double ConfigReader::positive(const std::string& field) const {
  const json& value = at(field);
  const double number = value.is_number() ? value.get<double>() : 0.0;
  constexpr double kLeast = std::numeric_limits<float>::min();
  constexpr double kMost = std::numeric_limits<float>::max();
  if (!(number >= kLeast && number <= kMost)) throw error(field, "a positive number");
  return number;
}

double ConfigReader::positive(const std::string& field, double absent) const {
  return has(field) ? positive(field) : absent;
}

bool ConfigReader::flag(const std::string& field, bool absent) const {
  if (!has(field)) return absent;
  if (!at(field).is_boolean()) throw error(field, "true or false");
  return at(field).get<bool>();
}

std::string ConfigReader::text(const std::string& field) const {
  if (!at(field).is_string()) throw error(field, "a text");
  return at(field).get<std::string>();
}

std::vector<std::string> ConfigReader::texts(const std::string& field) const {
  std::vector<std::string> out;
  if (!at(field).is_array()) throw error(field, "a list of texts");
  for (const json& item : at(field)) {
    if (!item.is_string()) throw error(field, "a list of texts");
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::vector<std::int32_t> ConfigReader::integers(const std::string& field, std::int64_t least,
                                                 std::int64_t most) const {
  const json& value = at(field);
  std::vector<std::int32_t> out;
  for (const json& item : value.is_array() ? value : json::array({value})) {
    if (!is_integer_in(item, least, most)) throw error(field, range(least, most));
    out.push_back(item.get<std::int32_t>());
  }
  return out;
}

void ConfigReader::require_text(const std::string& field, std::string_view value) const {
  if (has(field) && at(field) != value) throw error(field, "\"" + std::string(value) + "\"");
}

void ConfigReader::require_flag(const std::string& field, bool value) const {
  if (flag(field, value) != value) throw error(field, value ? "true" : "false");
}

void ConfigReader::require_number(const std::string& field, double value) const {
  if (has(field) && !(at(field).is_number() && at(field) == value)) {
    throw error(field, json(value).dump());
  }
}

void ConfigReader::require_absent(const std::string& field) const {
  if (has(field)) throw error(field, "null or absent");
}

void ConfigReader::skip(const std::string& field) const { read_.insert(field); }

std::vector<std::string> ConfigReader::unread() const {
  std::vector<std::string> out;
  for (const auto& [field, value] : json_->items()) {
    if (!read_.contains(field) && !is_neutral(value)) out.push_back(field);
  }
  return out;
}

Error ConfigReader::error(const std::string& field, const std::string& expected,
                          const std::string& hint) const {
  const std::string found = json_->contains(field) ? at(field).dump() : "nothing";
  return field_error(path_, prefix_ + field, found, expected, hint);
}

}  // namespace pagequest::model
