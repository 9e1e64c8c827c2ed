// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/machine/catalog.h"

#include <algorithm>
#include <utility>

#include "base/params.h"
#include "simulator/machine/catalog_data.h"
#include "simulator/machine/json_members.h"

namespace pagequest::simulator {
namespace {

template <class Spec, class Parse>
std::vector<Spec> parse_all(std::span<const CatalogFile> files, Parse parse) {
  std::vector<Spec> out;
  for (const auto& file : files) out.push_back(parse(file.json, std::string(file.name)));
  std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
  return out;
}

/// A file's name is its spec's name and ".json" (a test): only the file asked for is parsed.
template <class Parse>
auto named(std::span<const CatalogFile> files, std::string_view kind, std::string_view name,
           Parse parse) {
  constexpr std::string_view kSuffix = ".json";
  std::vector<std::string> names;
  for (const auto& file : files) {
    names.emplace_back(file.name.substr(0, file.name.size() - kSuffix.size()));
    if (names.back() == name) return parse(file.json, std::string(file.name));
  }
  throw_unknown_name(kind, name, names);
}

constexpr const char* kExpected = "a JSON file in the format of simulator/machine/catalog";

}  // namespace

std::vector<GpuSpec> catalog_gpus() { return parse_all<GpuSpec>(catalog_gpu_files(), parse_gpu); }

std::vector<ModelSpec> catalog_models() {
  return parse_all<ModelSpec>(catalog_model_files(), parse_model);
}

GpuSpec catalog_gpu(std::string_view name) {
  return named(catalog_gpu_files(), "machine", name, parse_gpu);
}

ModelSpec catalog_model(std::string_view name) {
  return named(catalog_model_files(), "served model", name, parse_model);
}

GpuSpec load_gpu(const std::filesystem::path& file) {
  return parse_gpu(read_text(file.string(), kExpected), file.string());
}

ModelSpec load_model(const std::filesystem::path& file) {
  return parse_model(read_text(file.string(), kExpected), file.string());
}

}  // namespace pagequest::simulator
