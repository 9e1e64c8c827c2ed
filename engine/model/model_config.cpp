// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/model_config.h"

#include "engine/model/config_reader.h"
#include "engine/model/families/family.h"
#include "engine/model/json_file.h"
#include "engine/model/known_fields.h"
#include "engine/model/quantization.h"

namespace pagequest::model {
namespace {

std::string name_of(const ConfigReader& reader, const std::filesystem::path& folder) {
  if (reader.has("_name_or_path")) {
    const std::string given = reader.text("_name_or_path");
    if (!given.empty()) return given;
  }
  return std::filesystem::weakly_canonical(folder).filename().string();
}

}  // namespace

ModelConfig load_config(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "config.json";
  return parse_config(read_text_file(path), path);
}

ModelConfig parse_config(std::string_view text, const std::filesystem::path& path) {
  const ConfigReader reader(text, path);
  const Family& family = find_family(reader);
  ModelConfig config;
  config.name = name_of(reader, path.parent_path());
  config.family = family.name;
  family.read_config(reader, config);
  check_quantization(reader);
  config.ignored_fields = check_unread_fields(reader);
  return config;
}

}  // namespace pagequest::model
