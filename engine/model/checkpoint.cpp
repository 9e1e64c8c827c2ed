// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/checkpoint.h"

#include <set>

#include <nlohmann/json.hpp>

#include "engine/model/json_file.h"

namespace pagequest::model {
namespace {

using nlohmann::json;

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

Error index_error(const std::filesystem::path& path, const std::string& what,
                  const std::string& found, const std::string& expected) {
  return input_error({.what = what,
                      .where = path.string(),
                      .found = found,
                      .expected = expected,
                      .hint = "the index and the shards beside it must belong together"});
}

/// Tensor names to shard names.
std::map<std::string, std::string> read_weight_map(const std::filesystem::path& path) {
  const json index = read_json_file(path);
  const json weight_map = index.value("weight_map", json());
  if (!weight_map.is_object() || weight_map.empty()) {
    throw index_error(path, "broken index of shards", "no `weight_map`",
                      "an object of tensor names and file names");
  }
  std::map<std::string, std::string> shards;
  for (const auto& [name, file] : weight_map.items()) {
    const std::string shard = file.is_string() ? file.get<std::string>() : "";
    if (shard.empty() || shard.find('/') != std::string::npos) {
      throw index_error(path, "broken index of shards", name + ": " + file.dump(),
                        "the name of a file in the same folder");
    }
    shards.emplace(name, shard);
  }
  return shards;
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& folder) : path_(folder / kSingle) {
  if (!std::filesystem::exists(path_) && std::filesystem::exists(folder / kIndex)) {
    path_ = folder / kIndex;
    add_shards();
  } else {
    add(files_.emplace_back(path_));
  }
}

void Checkpoint::add(const Safetensors& file) {
  for (const auto& [name, tensor] : file.tensors()) {
    const auto [at, added] = tensors_.emplace(name, Entry{&file, &tensor});
    if (added) continue;
    throw index_error(
        path_, "tensor `" + name + "` is in two shards",
        at->second.file->path().filename().string() + " and " + file.path().filename().string(),
        "one of them");
  }
}

void Checkpoint::add_shards() {
  const std::map<std::string, std::string> weight_map = read_weight_map(path_);
  std::set<std::string> shards;
  for (const auto& [name, shard] : weight_map) shards.insert(shard);
  for (const std::string& shard : shards) {
    const std::filesystem::path path = path_.parent_path() / shard;
    if (!std::filesystem::exists(path)) {
      throw index_error(path_, "missing shard `" + shard + "`", {}, path.string());
    }
    add(files_.emplace_back(path));
  }
  for (const auto& [name, shard] : weight_map) {
    const auto at = tensors_.find(name);
    if (at == tensors_.end() || at->second.file->path().filename() != shard) {
      throw index_error(path_, "tensor `" + name + "` is not in the shard that the index names", {},
                        shard);
    }
  }
  for (const auto& [name, entry] : tensors_) {
    if (weight_map.contains(name)) continue;
    throw index_error(path_, "tensor `" + name + "` is not in the index",
                      entry.file->path().filename().string(), "an entry of `weight_map`");
  }
}

}  // namespace pagequest::model
