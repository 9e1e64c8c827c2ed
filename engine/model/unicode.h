// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The Unicode that tokenizers need: UTF-8, general categories, NFC.
namespace pagequest::model {

/// What the split patterns of tokenizers tell apart, by general category (Unicode 16).
enum class CharKind : std::uint8_t {
  upper,     // Lu, Lt
  lower,     // Ll
  caseless,  // Lm, Lo
  mark,      // M
  number,    // N
  newline,   // \r, \n
  space,     // White_Space but for the newlines
  other,
};

[[nodiscard]] CharKind char_kind(char32_t code_point);

/// The character at the start of a text that is not empty. `bytes` is how far to go on: the
/// character's length or, where no UTF-8 begins, the length of the maximal subpart that U+FFFD
/// replaces (The Unicode Standard, section 3.9, "U+FFFD Substitution of Maximal Subparts").
struct Utf8Char {
  char32_t code_point = 0xFFFD;
  std::size_t bytes = 1;
  bool valid = false;
  bool truncated = false;  // not valid, but more bytes could still make it so
};
[[nodiscard]] Utf8Char first_char(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// `text` with U+FFFD for every maximal subpart of what is not UTF-8.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

/// How many bytes of `text` later bytes cannot change: all but a character cut off at its end.
[[nodiscard]] std::size_t settled_bytes(std::string_view text);

/// U+FFFD in place of what is no character: surrogates, and beyond U+10FFFF.
[[nodiscard]] std::string to_utf8(char32_t code_point);

/// Normalization Form C of UTF-8 text, for the characters of Unicode 9.0; later ones stay as they
/// are and keep their neighbours apart, as in the tokenizers library. `text` is below 2 GiB.
[[nodiscard]] std::string nfc(std::string_view text);

}  // namespace pagequest::model
