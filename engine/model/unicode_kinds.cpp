// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <unicode/uchar.h>

#include "engine/model/unicode.h"
#include "engine/model/unicode_additions.h"

namespace pagequest::model {
namespace {

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

}  // namespace pagequest::model
