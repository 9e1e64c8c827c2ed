// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus/utf8.h"

#include <cstddef>

namespace pagequest::agent {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

unsigned char byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
}

/// Length of the sequence that a first byte announces; 0 if it can't be first.
std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

bool is_valid(char32_t point, std::size_t length) {
  if (length == 3) return point >= 0x800 && (point < 0xD800 || point > 0xDFFF);
  return length < 3 || (point >= 0x10000 && point <= 0x10FFFF);
}

}  // namespace

std::u32string to_code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char first = byte_at(text, at);
    const std::size_t length = length_of(first);
    char32_t point = length <= 1 ? first : first & (0xFFU >> (length + 1));
    bool good = length > 0;
    for (std::size_t i = 1; i < length && good; ++i) {
      const unsigned char next = byte_at(text, at + i);
      good = (next & 0xC0U) == 0x80;
      point = (point << 6U) | (next & 0x3FU);
    }
    good = good && is_valid(point, length);
    out += good ? point : kReplacement;
    at += good ? length : 1;
  }
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  for (const char32_t point : text) {
    if (point < 0x80) {
      out += static_cast<char>(point);
      continue;
    }
    const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    const auto lead = static_cast<char32_t>(0xFF80U >> static_cast<unsigned>(more)) & 0xFFU;
    out += static_cast<char>(lead | (point >> static_cast<unsigned>(6 * more)));
    for (int i = more - 1; i >= 0; --i) {
      out += static_cast<char>(0x80U | ((point >> static_cast<unsigned>(6 * i)) & 0x3FU));
    }
  }
  return out;
}

}  // namespace pagequest::agent
