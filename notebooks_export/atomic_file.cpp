// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/atomic_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include <unistd.h>

#include "base/error.h"
#include "base/output_path.h"

namespace pagequest::notebooks_export {
namespace {

Error cannot_write(const std::filesystem::path& path, const std::string& reason) {
  return output_error({.what = "cannot write a file",
                       .where = path.string(),
                       .found = reason,
                       .expected = "a path in an existing folder, on a disk with room",
                       .hint = {}});
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path target = output_target(path);
  std::filesystem::path temporary = target;
  temporary += ".tmp" + std::to_string(::getpid());
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  std::error_code ignored;
  if (!file) {
    const std::string reason = std::strerror(errno);
    std::filesystem::remove(temporary, ignored);
    throw cannot_write(path, reason);
  }
  std::error_code failed;
  std::filesystem::rename(temporary, target, failed);
  if (!failed) return;
  std::filesystem::remove(temporary, ignored);
  throw cannot_write(path, failed.message());
}

void make_folder(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) throw cannot_write(path, failed.message());
}

}  // namespace pagequest::notebooks_export
