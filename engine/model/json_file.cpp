// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/json_file.h"

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/json_depth.h"

namespace pagequest::model {
nlohmann::json parse_json_object(std::string_view text, const std::filesystem::path& path) {
  const bool deep = nests_too_deep(text);
  nlohmann::json json;
  if (!deep) json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  throw input_error({.what = "cannot read a model file",
                     .where = path.string(),
                     .found = deep ? "brackets nested deeper than " + std::to_string(kDeepestJson)
                                   : "text that is not a JSON object (truncated?)",
                     .expected = "a JSON object",
                     .hint = {}});
}

std::string read_text_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw input_error({.what = "cannot open a model file",
                       .where = path.string(),
                       .found = {},
                       .expected = {},
                       .hint = "a model folder holds config.json, model.safetensors and "
                               "tokenizer.json as Hugging Face writes them"});
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

nlohmann::json read_json_file(const std::filesystem::path& path) {
  return parse_json_object(read_text_file(path), path);
}

Error field_error(const std::filesystem::path& path, const std::string& field,
                  const std::string& found, const std::string& expected, const std::string& hint) {
  return input_error({.what = "unsupported model: `" + field + "`",
                      .where = path.string(),
                      .found = found,
                      .expected = expected,
                      .hint = hint});
}

}  // namespace pagequest::model
