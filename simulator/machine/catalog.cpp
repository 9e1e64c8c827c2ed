// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/machine/catalog.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/params.h"
#include "simulator/machine/catalog_data.h"

namespace pagequest::simulator {
namespace {

template <class Spec, class Parse>
std::vector<Spec> parse_all(std::span<const CatalogFile> files, Parse parse) {
  std::vector<Spec> out;
  for (const auto& file : files) out.push_back(parse(file.json, std::string(file.name)));
  std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return out;
}

template <class Spec>
Spec named(std::vector<Spec> specs, std::string_view kind, std::string_view name) {
  std::vector<std::string> names;
  for (auto& spec : specs) {
    if (spec.name == name) return std::move(spec);
    names.push_back(spec.name);
  }
  throw_unknown_name(kind, name, names);
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.is_open() || !text) {
    throw input_error({.what = "can't read the file",
                       .where = path.string(),
                       .found = {},
                       .expected = "a JSON file in the format of simulator/machine/catalog",
                       .hint = "check the path and the permissions"});
  }
  return std::move(text).str();
}

}  // namespace

std::vector<GpuSpec> catalog_gpus() { return parse_all<GpuSpec>(catalog_gpu_files(), parse_gpu); }

std::vector<ModelSpec> catalog_models() {
  return parse_all<ModelSpec>(catalog_model_files(), parse_model);
}

GpuSpec catalog_gpu(std::string_view name) { return named(catalog_gpus(), "machine", name); }

ModelSpec catalog_model(std::string_view name) {
  return named(catalog_models(), "served model", name);
}

GpuSpec load_gpu(const std::filesystem::path& file) {
  return parse_gpu(read_text(file), file.string());
}

ModelSpec load_model(const std::filesystem::path& file) {
  return parse_model(read_text(file), file.string());
}

}  // namespace pagequest::simulator
