// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

/// Files of one JSON object a line, as users write them; for .cpp files only.
namespace pagequest::agent {

/// A line of a file, with what is needed to complain about it.
struct JsonLine {
  const std::filesystem::path& path;
  std::int32_t number;  // from 1
  const nlohmann::json& object;

  /// input_error that names file, line and field.
  [[nodiscard]] Error error(const std::string& field, const std::string& found,
                            const std::string& expected) const;
  /// A string that must be there and not be empty.
  [[nodiscard]] std::string text(const std::string& field) const;
  /// An integer of at least 1, if the field is there.
  [[nodiscard]] std::optional<std::int32_t> positive(const std::string& field) const;
};

/// Calls `take` for each line; blank lines are skipped. Throws input_error when the file can't be
/// read, holds no line, or a line is not a JSON object or nests
/// brackets deeper than kDeepestJson.
void for_each_json_line(const std::filesystem::path& path,
                        const std::function<void(const JsonLine&)>& take);

}  // namespace pagequest::agent
