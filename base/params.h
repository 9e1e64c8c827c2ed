// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pagequest {

using ParamValue = std::variant<bool, std::int64_t, double, std::string>;

/// Declaration of one parameter of a registered thing; the type is the default's type.
/// Help, validation, the resolved config and the documentation come from this one definition.
struct ParamSpec {
  std::string_view name;
  ParamValue default_value;
  std::string_view help;  // with the unit
};

/// Parameter values, complete (defaults filled in) and of the declared types.
class Params {
 public:
  /// `given` holds texts as typed by a user, `owner` names the registered thing for messages.
  /// Throws usage_error on an unknown name (with the nearest match and the valid ones) or a value
  /// that does not parse as the declared type.
  Params(std::string_view owner, std::span<const ParamSpec> specs,
         const std::map<std::string, std::string>& given);

  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] double real(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, ParamValue, std::less<>>& all() const {
    return values_;
  }

 private:
  std::map<std::string, ParamValue, std::less<>> values_;
};

[[nodiscard]] std::string to_text(const ParamValue& value);

/// The entry of `valid` that a typist most likely meant (least edit distance), or "".
[[nodiscard]] std::string nearest_name(std::string_view name,
                                       const std::vector<std::string>& valid);

/// "unknown <kind> `name`" that lists the valid names and the nearest match.
[[noreturn]] void throw_unknown_name(std::string_view kind, std::string_view name,
                                     const std::vector<std::string>& valid);

/// The one of `values` whose to_string() is `name`. Throws usage_error that lists those of all.
template <class Values>
[[nodiscard]] auto value_named(std::string_view kind, std::string_view name, const Values& values) {
  std::vector<std::string> valid;
  for (const auto value : values) {
    if (to_string(value) == name) return value;
    valid.emplace_back(to_string(value));
  }
  throw_unknown_name(kind, name, valid);
}

/// The one of `entries` that has that `name`. Throws usage_error that lists those of all.
template <class Entries>
[[nodiscard]] const auto& entry_named(std::string_view kind, std::string_view name,
                                      const Entries& entries) {
  std::vector<std::string> valid;
  for (const auto& entry : entries) {
    if (entry.name == name) return entry;
    valid.emplace_back(entry.name);
  }
  throw_unknown_name(kind, name, valid);
}

}  // namespace pagequest
