// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/unicode.h"

#include <algorithm>
#include <array>

#include <unicode/bytestream.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "engine/model/unicode_additions.h"

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

bool is_white_space(char32_t c) {
  return (c >= 0x9 && c <= 0xD) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

CharKind look_up_kind(char32_t c) {
  if (c == '\r' || c == '\n') return CharKind::newline;
  if (is_white_space(c)) return CharKind::space;
  switch (u_charType(static_cast<UChar32>(c))) {
    case U_UPPERCASE_LETTER:
    case U_TITLECASE_LETTER:
      return CharKind::upper;
    case U_LOWERCASE_LETTER:
      return CharKind::lower;
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
      return CharKind::caseless;
    case U_NON_SPACING_MARK:
    case U_COMBINING_SPACING_MARK:
    case U_ENCLOSING_MARK:
      return CharKind::mark;
    case U_DECIMAL_DIGIT_NUMBER:
    case U_LETTER_NUMBER:
    case U_OTHER_NUMBER:
      return CharKind::number;
    case U_UNASSIGNED:
      return added_char_kind(c);
    default:
      return CharKind::other;
  }
}

std::array<CharKind, 128> make_ascii_kinds() {
  std::array<CharKind, 128> kinds{};
  for (std::size_t c = 0; c < kinds.size(); ++c) kinds[c] = look_up_kind(static_cast<char32_t>(c));
  return kinds;
}

}  // namespace

CharKind char_kind(char32_t code_point) {
  static const std::array<CharKind, 128> kAscii = make_ascii_kinds();
  return code_point < kAscii.size() ? kAscii[code_point] : look_up_kind(code_point);
}

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
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::UnicodeString(static_cast<UChar32>(code_point)).toUTF8(sink);
  return out;
}

}  // namespace pagequest::model
