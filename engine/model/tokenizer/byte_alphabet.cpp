// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer/byte_alphabet.h"

#include <array>

#include "engine/model/unicode.h"

namespace pagequest::model::tokenizer {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr std::array<char32_t, 256> make_chars() {
  std::array<char32_t, 256> chars{};
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    chars[byte] = stands_for_itself(byte) ? byte : next++;
  }
  return chars;
}

constexpr std::array<char32_t, 256> kChars = make_chars();

constexpr std::array<int, 0x144> make_bytes() {
  std::array<int, 0x144> bytes{};
  bytes.fill(-1);
  for (int byte = 0; byte < 256; ++byte) bytes[kChars[static_cast<std::size_t>(byte)]] = byte;
  return bytes;
}

constexpr std::array<int, 0x144> kBytes = make_bytes();

}  // namespace

char32_t byte_to_char(std::uint8_t byte) { return kChars[byte]; }

std::optional<std::string> content_to_bytes(std::string_view content) {
  std::string bytes;
  bytes.reserve(content.size());
  while (!content.empty()) {
    const Utf8Char c = first_char(content);
    const bool known = c.valid && c.code_point < kBytes.size() && kBytes[c.code_point] >= 0;
    if (!known) return std::nullopt;
    bytes += static_cast<char>(kBytes[c.code_point]);
    content.remove_prefix(c.bytes);
  }
  return bytes;
}

}  // namespace pagequest::model::tokenizer
