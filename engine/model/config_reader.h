// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace pagequest::model {

/// Reads the fields of one config.json, or of an object inside it, and remembers which ones were
/// asked for. Every complaint is an input_error that names the file and the field. A field that is
/// null counts as absent.
class ConfigReader {
 public:
  /// `text`: the content of `path`.
  ConfigReader(std::string_view text, const std::filesystem::path& path);

  /// The object `field`; its own fields are named "field.name" in messages.
  [[nodiscard]] ConfigReader object(const std::string& field) const;

  [[nodiscard]] bool has(const std::string& field) const;
  /// Also true for null, where null means something else than absence.
  [[nodiscard]] bool has_or_null(const std::string& field) const;
  [[nodiscard]] std::int32_t integer(const std::string& field, std::int64_t least,
                                     std::int64_t most) const;
  /// An extent of a tensor: from 1 to 2^20.
  [[nodiscard]] std::int32_t size(const std::string& field) const;
  [[nodiscard]] double positive(const std::string& field) const;
  [[nodiscard]] double positive(const std::string& field, double absent) const;
  [[nodiscard]] bool flag(const std::string& field, bool absent) const;
  [[nodiscard]] std::string text(const std::string& field) const;
  [[nodiscard]] std::vector<std::string> texts(const std::string& field) const;
  /// One integer or a list of them.
  [[nodiscard]] std::vector<std::int32_t> integers(const std::string& field, std::int64_t least,
                                                   std::int64_t most) const;

  /// Absent or equal: anything else asks for a computation that is not there.
  void require_text(const std::string& field, std::string_view value) const;
  void require_flag(const std::string& field, bool value) const;
  void require_number(const std::string& field, double value) const;
  void require_absent(const std::string& field) const;

  /// The field was looked at, or does not matter.
  void skip(const std::string& field) const;
  /// Fields that nobody asked for and whose value is not neutral (null, false, 0, 1 or empty).
  [[nodiscard]] std::vector<std::string> unread() const;

  /// input_error about `field` and its value.
  [[nodiscard]] Error error(const std::string& field, const std::string& expected,
                            const std::string& hint = {}) const;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  ConfigReader(std::filesystem::path path, std::string prefix,
               std::shared_ptr<const nlohmann::json> json);
  [[nodiscard]] const nlohmann::json& at(const std::string& field) const;

  std::filesystem::path path_;
  std::string prefix_;
  std::shared_ptr<const nlohmann::json> json_;
  mutable std::set<std::string> read_;
};

}  // namespace pagequest::model
