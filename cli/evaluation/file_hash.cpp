// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/file_hash.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/rng.h"

namespace pagequest::cli {
namespace {

constexpr std::size_t kPart = std::size_t{1} << 20U;  // bytes, a multiple of a word

/// The bytes behind `size` must be zeros up to a whole word.
std::uint64_t hash_words(std::uint64_t hash, const std::vector<char>& bytes, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t at = 0; at < size; at += sizeof(word)) {
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    hash = mix64(hash ^ word);
  }
  return hash;
}

}  // namespace

std::string hash_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t hash = 0;
  std::uint64_t length = 0;
  while (file) {
    std::vector<char> bytes(kPart);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto size = static_cast<std::size_t>(file.gcount());
    hash = hash_words(hash, bytes, size);
    length += size;
  }
  if (file.eof()) return fmt::format("{:016x}", mix64(hash ^ length));
  throw input_error({.what = "can't read a file of the task",
                     .where = path.string(),
                     .found = {},
                     .expected = "a readable file",
                     .hint = {}});
}

}  // namespace pagequest::cli
