// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/json_part.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/model/json_file.h"

namespace pagequest::model::tokenizer {
namespace {

constexpr std::size_t kShownBytes = 100;

const nlohmann::json& null_value() {
  static const nlohmann::json value;
  return value;
}

std::string shortened(std::string text) {
  if (text.size() <= kShownBytes) return text;
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

}  // namespace

std::string brief(const nlohmann::json& value) {
  if (value.is_string()) return shortened(value.get_ref<const std::string&>());
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  if (!value.is_object()) return value.dump();
  const auto type = value.find("type");
  if (type != value.end() && type->is_string()) return shortened(type->get<std::string>());
  return "an object of " + std::to_string(value.size());
}

JsonPart::JsonPart(const std::filesystem::path& path, const nlohmann::json& file)
    : path_(&path), value_(&file) {}

JsonPart::JsonPart(const std::filesystem::path& path, const nlohmann::json& value, std::string name)
    : path_(&path), value_(&value), name_(std::move(name)) {}

JsonPart JsonPart::operator[](const std::string& member) const {
  const std::string name = name_.empty() ? member : name_ + "." + member;
  if (!value_->is_object()) return {*path_, null_value(), name};
  const auto found = value_->find(member);
  return {*path_, found == value_->end() ? null_value() : *found, name};
}

std::vector<JsonPart> JsonPart::elements() const {
  if (!value_->is_array()) throw error("an array");
  std::vector<JsonPart> out;
  out.reserve(value_->size());
  for (const nlohmann::json& element : *value_) {
    out.push_back({*path_, element, name_ + "[" + std::to_string(out.size()) + "]"});
  }
  return out;
}

bool JsonPart::is_null() const { return value_->is_null(); }

std::string JsonPart::type() const { return is_null() ? "null" : brief(*value_); }

bool JsonPart::flag(bool missing) const {
  if (is_null()) return missing;
  if (!value_->is_boolean()) throw error("true or false");
  return value_->get<bool>();
}

const std::string& JsonPart::text() const {
  if (!value_->is_string()) throw error("a text");
  return value_->get_ref<const std::string&>();
}

std::optional<std::string> JsonPart::optional_text() const {
  if (is_null()) return std::nullopt;
  return text();
}

std::int64_t JsonPart::integer() const {
  const bool fits = value_->is_number_integer() &&
                    (!value_->is_number_unsigned() || value_->get<std::uint64_t>() <= INT64_MAX);
  if (!fits) throw error("an integer");
  return value_->get<std::int64_t>();
}

void JsonPart::allow_only(std::initializer_list<std::string_view> known) const {
  if (!value_->is_object()) throw error("an object");
  for (const auto& [member, value] : value_->items()) {
    if (std::find(known.begin(), known.end(), member) != known.end()) continue;
    throw(*this)[member].error("no such option", "PageQuest does not know this option");
  }
}

Error JsonPart::error(const std::string& expected, const std::string& hint) const {
  return field_error(*path_, shortened(name_), brief(*value_), expected, hint);
}

}  // namespace pagequest::model::tokenizer
