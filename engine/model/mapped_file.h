// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace pagequest::model {

/// A file's bytes, mapped read-only.
class MappedFile {
 public:
  /// Throws input_error when the file is missing, unreadable or empty.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

/// Drops the whole pages inside a part of a mapped file from memory. They come back from the file
/// when they are read again.
void release_pages(std::span<const std::byte> part);

}  // namespace pagequest::model
