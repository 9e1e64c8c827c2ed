// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "simulator/machine/figure.h"

namespace pagequest::simulator {

/// Reads the members of one JSON object with their types and ranges checked. Every failure is an
/// input_error that names the object and the key.
class JsonMembers {
 public:
  /// `json` must outlive this; `hint` says what a user should compare with.
  JsonMembers(const nlohmann::json& json, std::string where, std::string hint);

  [[nodiscard]] bool has(const std::string& key);  // present and not null
  const nlohmann::json& at(const std::string& key);
  std::string text(const std::string& key);
  bool flag(const std::string& key);
  double real(const std::string& key, double low, double high);
  std::int32_t integer(const std::string& key, std::int32_t low, std::int32_t high = 100'000'000);
  /// {"value": number, "source": text}
  Figure figure(const std::string& key, double low, double high);
  JsonMembers object(const std::string& key);
  /// Throws on a key that nobody asked for.
  void done() const;

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] std::string path(const std::string& key) const { return where_ + ": " + key; }
  [[noreturn]] void fail(const std::string& what, const std::string& at, const std::string& found,
                         const std::string& expected) const;

 private:
  const nlohmann::json& json_;
  std::string where_;
  std::string hint_;
  std::set<std::string> known_;
};

/// Throws input_error on a text that isn't JSON.
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::string& where,
                                        const std::string& hint);

/// The whole file. Throws input_error with `expected` if it can't be read.
[[nodiscard]] std::string read_text(const std::string& path, const std::string& expected);

}  // namespace pagequest::simulator
