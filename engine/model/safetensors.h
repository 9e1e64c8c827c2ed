// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/model/mapped_file.h"

namespace pagequest::model {

/// One array of a safetensors file.
struct Tensor {
  std::string dtype;  // as in the file: "F32", "BF16", ...
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;  // row by row, little endian
};

/// A safetensors file: 8 bytes of header length, a JSON header {name: {dtype, shape,
/// data_offsets}}, then the data (https://huggingface.co/docs/safetensors, "Format").
class Safetensors {
 public:
  /// Throws input_error when the file is missing, foreign, truncated or inconsistent: the header
  /// out of range, a tensor whose bytes are out of range, overlap another's or do not fit its
  /// shape, bytes that belong to no tensor.
  explicit Safetensors(const std::filesystem::path& path);

  [[nodiscard]] const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  MappedFile file_;
  std::map<std::string, Tensor> tensors_;
};

/// The tensors of `bytes`, the content of `path`; they point into it. Throws as above.
[[nodiscard]] std::map<std::string, Tensor> parse_safetensors(std::span<const std::byte> bytes,
                                                              const std::filesystem::path& path);

}  // namespace pagequest::model
