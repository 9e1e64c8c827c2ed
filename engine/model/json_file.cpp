// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/json_file.h"

#include <fstream>

#include <nlohmann/json.hpp>

namespace pagequest::model {

nlohmann::json read_json_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw input_error({.what = "cannot open a model file",
                       .where = path.string(),
                       .found = {},
                       .expected = {},
                       .hint = "a model folder holds config.json, model.safetensors and "
                               "tokenizer.json as Hugging Face writes them"});
  }
  nlohmann::json json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) {
    throw input_error({.what = "cannot read a model file",
                       .where = path.string(),
                       .found = "text that is not a JSON object (truncated?)",
                       .expected = "a JSON object",
                       .hint = {}});
  }
  return json;
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
