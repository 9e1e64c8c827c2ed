// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/file_hash.h"

#include <cstdint>
#include <fstream>
#include <span>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/hash_words.h"
#include "base/rng.h"

namespace pagequest::cli {

std::string hash_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> part(std::size_t{1} << 20U);  // whole words
  std::uint64_t hash = 0;
  std::uint64_t length = 0;
  while (file) {
    file.read(part.data(), static_cast<std::streamsize>(part.size()));
    const auto size = static_cast<std::size_t>(file.gcount());
    hash = hash_words(hash, std::as_bytes(std::span(part).first(size)));
    length += size;
  }
  if (file.eof()) return fmt::format("{:016x}", mix64(hash ^ length));
  throw input_error({.what = "can't read a file",
                     .where = path.string(),
                     .found = {},
                     .expected = "a readable file",
                     .hint = {}});
}

}  // namespace pagequest::cli
