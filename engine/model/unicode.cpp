// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/unicode.h"

#include <algorithm>
#include <array>

namespace pagequest::model {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

/// Well-formed byte sequences by their first byte (The Unicode Standard, table 3-7): the length and
/// the range of the second byte. Length 0: no character begins with it.
struct Lead {
  std::size_t bytes;
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xBF;
};

Lead lead_of(std::uint8_t first) {
  if (first < 0x80) return {1};
  if (first < 0xC2 || first > 0xF4) return {0};
  if (first < 0xE0) return {2};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {4};
}

}  // namespace

Utf8Char first_char(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return {first, 1, true, false};
  const Lead lead = lead_of(first);
  if (lead.bytes == 0) return {};
  char32_t code_point = first & (0x7FU >> lead.bytes);
  std::size_t at = 1;
  for (; at < lead.bytes && at < text.size(); ++at) {
    const std::uint8_t next = byte_at(text, at);
    const bool second = at == 1;
    if (next < (second ? lead.second_min : 0x80) || next > (second ? lead.second_max : 0xBF)) {
      return {0xFFFD, at, false, false};
    }
    code_point = (code_point << 6U) | (next & 0x3FU);
  }
  if (at < lead.bytes) return {0xFFFD, at, false, true};
  return {code_point, at, true, false};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char c = first_char(text);
    if (!c.valid) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char c = first_char(text);
    out += c.valid ? text.substr(0, c.bytes) : kReplacement;
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::size_t settled_bytes(std::string_view text) {
  const std::size_t tail = std::min<std::size_t>(text.size(), 3);
  for (std::size_t back = tail; back > 0; --back) {
    const std::string_view end = text.substr(text.size() - back);
    if (byte_at(end, 0) < 0xC0) continue;
    const Utf8Char c = first_char(end);
    if (c.truncated && c.bytes == back) return text.size() - back;
  }
  return text.size();
}

std::string to_utf8(char32_t code_point) {
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (surrogate || code_point > 0x10FFFF) return std::string(kReplacement);
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  constexpr std::array<std::uint32_t, 4> kLeads = {0, 0xC0, 0xE0, 0xF0};
  const std::size_t continuations = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
  std::string out{static_cast<char>(kLeads[continuations] | code_point >> 6 * continuations)};
  for (std::size_t left = continuations; left-- > 0;) {
    out += static_cast<char>(0x80U | (code_point >> 6 * left & 0x3FU));
  }
  return out;
}

}  // namespace pagequest::model
