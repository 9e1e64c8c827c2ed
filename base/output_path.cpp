// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/output_path.h"

#include <system_error>

#include "base/error.h"

namespace pagequest {
namespace {

namespace fs = std::filesystem;

std::string kind_of(fs::file_type type) {
  switch (type) {
    case fs::file_type::not_found:
      return "a symbolic link to nothing";
    case fs::file_type::directory:
      return "a folder";
    case fs::file_type::fifo:
      return "a pipe";
    case fs::file_type::socket:
      return "a socket";
    case fs::file_type::block:
    case fs::file_type::character:
      return "a device";
    default:
      return "no regular file";
  }
}

}  // namespace

fs::path output_target(const fs::path& path) {
  std::error_code error;
  const fs::file_type itself = fs::symlink_status(path, error).type();
  if (itself == fs::file_type::not_found || itself == fs::file_type::none) return path;
  const fs::file_type target = fs::status(path, error).type();
  if (target != fs::file_type::regular) {
    throw output_error({.what = "can't write there",
                        .where = path.string(),
                        .found = kind_of(target),
                        .expected = "a regular file to replace, or none",
                        .hint = {}});
  }
  if (itself != fs::file_type::symlink) return path;
  const fs::path resolved = fs::canonical(path, error);
  return error ? path : resolved;
}

void expect_not_input(const fs::path& output, const fs::path& input, const std::string& option) {
  std::error_code missing;
  if (!fs::equivalent(output, input, missing) || missing) return;
  throw usage_error({.what = "the result would replace its own input",
                     .where = output.string(),
                     .found = "the file of " + option,
                     .expected = "another file",
                     .hint = {}});
}

}  // namespace pagequest
