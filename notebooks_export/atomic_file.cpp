// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/atomic_file.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include <fcntl.h>
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

/// 0, or why not. Synchronised, or a crash after the rename could leave an empty file.
int write_to_disk(const std::filesystem::path& path, std::string_view content) {
  constexpr mode_t kMode = 0666;  // less the user's umask
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode);
  if (file < 0) return errno;
  int failed = 0;
  while (failed == 0 && !content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written >= 0) content.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) failed = errno;
  }
  if (failed == 0 && ::fsync(file) != 0) failed = errno;
  if (::close(file) != 0 && failed == 0) failed = errno;
  return failed;
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path target = output_target(path);
  std::filesystem::path temporary = target;
  temporary += ".tmp" + std::to_string(::getpid());
  std::error_code ignored;
  if (const int failed = write_to_disk(temporary, content); failed != 0) {
    std::filesystem::remove(temporary, ignored);
    throw cannot_write(path, std::strerror(failed));
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
