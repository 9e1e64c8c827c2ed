// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Replacement is verified against the table "U+FFFD Substitution of Maximal Subparts" of The
// Unicode Standard (section 3.9), normalization against UAX #15; kinds and whole texts against the
// reference library in tests/reference/tokenizers.
#include "engine/model/unicode.h"

#include <string>
#include <tuple>

#include <catch2/catch.hpp>

namespace pagequest::model::test {
namespace {

const std::string kReplaced = "\xEF\xBF\xBD";

std::string replaced(int count) {
  std::string out;
  for (int left = count; left > 0; --left) out += kReplaced;
  return out;
}

TEST_CASE("Each maximal subpart that is not UTF-8 becomes one U+FFFD") {
  const auto [bytes, count] = GENERATE(table<std::string, int>({
      {"\xC0\xAF", 2},          // overlong
      {"\xE0\x80\xBF", 3},      // overlong
      {"\xF0\x81\x82", 3},      // overlong
      {"\xED\xA0\x80", 3},      // a surrogate
      {"\xF4\x91\x92\x93", 4},  // beyond U+10FFFF
      {"\xFF", 1},
      {"\xE1\x80", 1},              // truncated
      {"\xE2\x80\xF0\x91\x92", 2},  // two truncated
      {"\xF1\xBF", 1},
      {"\x80\xBF", 2},  // nothing but continuations
  }));
  CHECK(replace_invalid_utf8(bytes) == replaced(count));
  CHECK(replace_invalid_utf8("a" + bytes + "\xC3\xA9") == "a" + replaced(count) + "\xC3\xA9");
  CHECK_FALSE(is_utf8(bytes));
}

TEST_CASE("UTF-8 of every length is kept") {
  const std::string text(
      "a\0\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 21);
  CHECK(replace_invalid_utf8(text) == text);
  CHECK(is_utf8(text));
  CHECK(settled_bytes(text) == text.size());
}

TEST_CASE("A code point becomes the UTF-8 that reads back as it") {
  const auto [code_point, bytes] = GENERATE(table<char32_t, std::size_t>({{0, 1},
                                                                          {U'a', 1},
                                                                          {0x7F, 1},
                                                                          {0x80, 2},
                                                                          {0xE9, 2},
                                                                          {0x7FF, 2},
                                                                          {0x800, 3},
                                                                          {0xD7FF, 3},
                                                                          {0xE000, 3},
                                                                          {0xFFFF, 3},
                                                                          {0x10000, 4},
                                                                          {0x1F600, 4},
                                                                          {0x10FFFF, 4}}));
  const std::string text = to_utf8(code_point);
  CHECK(text.size() == bytes);
  const Utf8Char read = first_char(text);
  CHECK(read.valid);
  CHECK(read.code_point == code_point);
  CHECK(read.bytes == bytes);
}

TEST_CASE("What is no character becomes U+FFFD") {
  const auto code_point = GENERATE(values<char32_t>({0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF}));
  CHECK(to_utf8(code_point) == kReplaced);
}

TEST_CASE("Only a character cut off at the end is not settled") {
  const auto [bytes, settled] = GENERATE(table<std::string, std::size_t>({
      {"", 0},
      {"ab", 2},
      {"a\xC3", 1},
      {"a\xE2\x82", 1},
      {"a\xF0\x9F\x98", 1},
      {"a\xF0\x9F\x98\x80", 5},
      {"a\xE2\x28", 3},     // broken, whatever follows
      {"a\xED\xA0", 3},     // a surrogate, whatever follows
      {"\xC3\xE2\x82", 1},  // the first is broken, the second is not yet
      {"a\x80\x80", 3},
  }));
  CAPTURE(bytes);
  CHECK(settled_bytes(bytes) == settled);
}

TEST_CASE("NFC composes and orders marks") {
  CHECK(nfc("abc") == "abc");
  CHECK(nfc("e\xCC\x81") == "\xC3\xA9");                                 // e + acute
  CHECK(nfc("\xE2\x84\xAB") == "\xC3\x85");                              // the angstrom sign
  CHECK(nfc("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB") == "\xED\x95\x9C");  // a Hangul syllable
  CHECK(nfc("\xEA\xB0\x80\xE1\x86\xA7") == "\xEA\xB0\x80\xE1\x86\xA7");  // U+11A7 composes not
  CHECK(nfc("q\xCC\x87\xCC\xA3") == "q\xCC\xA3\xCC\x87");                // dot below goes first
  CHECK(nfc("\xE0\xA5\x98") == "\xE0\xA4\x95\xE0\xA4\xBC");              // excluded from NFC
}

TEST_CASE("Marks of Unicode 10 and later keep their place") {
  const std::string newer = "\xE1\xB7\xB6";  // U+1DF6, class 232, Unicode 10
  const std::string below = "\xCC\xA3";      // U+0323, class 220
  CHECK(nfc("q" + newer + below) == "q" + newer + below);
}

}  // namespace
}  // namespace pagequest::model::test
