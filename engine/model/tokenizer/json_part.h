// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace pagequest::model::tokenizer {

/// A value of tokenizer.json with its name in the file, for messages. Every getter throws
/// input_error on a value of another type. Refers to the parsed file, which must outlive it.
class JsonPart {
 public:
  JsonPart(const std::filesystem::path& path, const nlohmann::json& file);

  /// A member; null when it is missing or this is no object.
  [[nodiscard]] JsonPart operator[](const std::string& member) const;
  /// The elements of an array. Throws input_error on another type.
  [[nodiscard]] std::vector<JsonPart> elements() const;
  [[nodiscard]] const nlohmann::json& json() const { return *value_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_null() const;

  /// The member "type"; "null" for null.
  [[nodiscard]] std::string type() const;
  [[nodiscard]] bool flag(bool missing) const;
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] std::optional<std::string> optional_text() const;
  [[nodiscard]] std::int64_t integer() const;

  /// Throws input_error that names a member which is not in `known`.
  void allow_only(std::initializer_list<std::string_view> known) const;
  /// input_error about this part; shows a short form of its value as what was found.
  [[nodiscard]] Error error(const std::string& expected, const std::string& hint = {}) const;

 private:
  JsonPart(const std::filesystem::path& path, const nlohmann::json& value, std::string name);

  const std::filesystem::path* path_;
  const nlohmann::json* value_;
  std::string name_;
};

/// A value in a few characters: scalars as JSON, objects by their "type", others by their kind.
[[nodiscard]] std::string brief(const nlohmann::json& value);

}  // namespace pagequest::model::tokenizer
