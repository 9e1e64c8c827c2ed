// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/hash_words.h"

#include <cstring>

#include "base/rng.h"

namespace pagequest {

std::uint64_t hash_words(std::uint64_t hash, std::span<const std::byte> bytes) {
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; at + sizeof(word) <= bytes.size(); at += sizeof(word)) {
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    hash = mix64(hash ^ word);
  }
  if (at == bytes.size()) return hash;
  word = 0;
  std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  return mix64(hash ^ word);
}

}  // namespace pagequest
