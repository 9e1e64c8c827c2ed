// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/tokenizer.h"

/// What make_fixtures.py recorded of the Hugging Face tokenizers library.
namespace pagequest::model::test {

using Ids = std::vector<std::int32_t>;

/// All lines, unescaped; some are not UTF-8.
[[nodiscard]] std::vector<std::string> read_lines();

/// Hashes of a block of lines; make_fixtures.py says of what.
using Columns = std::array<std::string, 5>;
inline constexpr std::array<std::string_view, 5> kColumnNames = {"ids", "ordinary", "template",
                                                                 "text", "reversed"};

struct Expected {
  std::size_t block = 0;   // lines in a block
  std::vector<Ids> first;  // ids of the first lines
  std::vector<Columns> blocks;
};
[[nodiscard]] Expected read_expected(const std::string& name);

[[nodiscard]] Tokenizer load_fixture(const std::string& name);

/// FNV-1a, 64 bits.
class Hash {
 public:
  void add(const Ids& ids);
  void add(std::string_view text);
  [[nodiscard]] std::string hex() const;

 private:
  void add_byte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001B3U; }
  void add_word(std::uint32_t word);

  std::uint64_t value_ = 0xCBF29CE484222325U;
};

}  // namespace pagequest::model::test
