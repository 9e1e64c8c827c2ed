// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

/// Shared by the readers of this module's JSON files; for .cpp files only.
namespace pagequest::model {

/// The content of a file. Throws input_error when it is missing or unreadable.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path);

/// Parses a whole file. Throws input_error when it is missing, unreadable or not a JSON object.
[[nodiscard]] nlohmann::json read_json_file(const std::filesystem::path& path);

/// As read_json_file, of a text; `path` is for messages. Refuses nesting deeper than 100.
[[nodiscard]] nlohmann::json parse_json_object(std::string_view text,
                                               const std::filesystem::path& path);

/// input_error about `field` of `path`.
[[nodiscard]] Error field_error(const std::filesystem::path& path, const std::string& field,
                                const std::string& found, const std::string& expected,
                                const std::string& hint = {});

}  // namespace pagequest::model
