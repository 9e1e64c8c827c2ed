// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Verified against the character classes of the regular expressions in the Hugging Face tokenizers
// library (kinds.txt, written by make_fixtures.py).
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/model/unicode.h"

namespace pagequest::model::test {
namespace {

constexpr std::size_t kCodePoints = 0x110000;

std::vector<CharKind> read_kinds() {
  const std::map<std::string, CharKind> names = {
      {"upper", CharKind::upper}, {"lower", CharKind::lower},   {"caseless", CharKind::caseless},
      {"mark", CharKind::mark},   {"number", CharKind::number}, {"newline", CharKind::newline},
      {"space", CharKind::space}};
  std::vector<CharKind> kinds(kCodePoints, CharKind::other);
  std::ifstream in("tests/reference/tokenizers/kinds.txt");
  std::size_t first = 0;
  std::size_t last = 0;
  for (std::string name; in >> std::hex >> first >> last >> name;) {
    for (std::size_t c = first; c <= last; ++c) kinds.at(c) = names.at(name);
  }
  return kinds;
}

TEST_CASE("Every code point is of the kind that the reference's expressions see") {
  const std::vector<CharKind> expected = read_kinds();
  REQUIRE(expected['a'] == CharKind::lower);
  std::vector<std::size_t> wrong;
  for (std::size_t c = 0; c < kCodePoints; ++c) {
    const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
    if (!surrogate && char_kind(static_cast<char32_t>(c)) != expected[c]) wrong.push_back(c);
  }
  CHECK(wrong == std::vector<std::size_t>{});
}

}  // namespace
}  // namespace pagequest::model::test
