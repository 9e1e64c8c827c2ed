// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <string>

#include "engine/model/safetensors.h"

namespace pagequest::model {

/// The tensors of a model folder: of `model.safetensors`, or of all the shards that
/// `model.safetensors.index.json` names.
class Checkpoint {
 public:
  struct Entry {
    const Safetensors* file;
    const Tensor* tensor;
  };

  /// Throws input_error when there is neither, a file is broken (see Safetensors), or the index and
  /// its shards disagree: a shard or tensor that is missing, a tensor in two shards or not in the
  /// index.
  explicit Checkpoint(const std::filesystem::path& folder);

  [[nodiscard]] const std::map<std::string, Entry>& tensors() const { return tensors_; }
  /// The file that lists all tensors: the only one, or the index.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void add(const Safetensors& file);
  void add_shards();

  std::filesystem::path path_;
  std::deque<Safetensors> files_;
  std::map<std::string, Entry> tensors_;
};

}  // namespace pagequest::model
