// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/sweep_settings.h"

#include <array>
#include <cstdint>
#include <span>

#include "base/hash_words.h"

namespace pagequest::simulator {
namespace {

std::uint64_t hash_text(std::uint64_t hash, const std::string& text) {
  // The length first, or the zeros that pad the last word would be part of the text.
  const std::array<std::uint64_t, 1> size = {text.size()};
  hash = hash_words(hash, std::as_bytes(std::span(size)));
  return hash_words(hash, std::as_bytes(std::span(text)));
}

std::string hex_digits(std::uint64_t word) {
  std::string out(16, '0');
  for (std::size_t i = 16; i > 0; --i, word >>= 4U) out[i - 1] = "0123456789abcdef"[word & 15U];
  return out;
}

}  // namespace

std::string point_id(const SweepSettings& resolved) {
  std::string id;
  // Two words of 64 bits: collisions of one would be likely among billions of points.
  for (std::uint64_t hash : {1U, 2U}) {
    for (const auto& [name, value] : resolved) hash = hash_text(hash_text(hash, name), value);
    id += hex_digits(hash);
  }
  return id;
}

}  // namespace pagequest::simulator
