// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/tokenizers/fixtures.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace pagequest::model::test {
namespace {

const std::filesystem::path kFolder = "tests/reference/tokenizers";

std::string read_file(const std::string& name) {
  std::ifstream in(kFolder / name, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Every \xHH becomes its byte.
std::string unescaped(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const bool escape = line.front() == '\\';
    out += escape ? static_cast<char>(std::stoi(std::string(line.substr(2, 2)), nullptr, 16))
                  : line.front();
    line.remove_prefix(escape ? 4 : 1);
  }
  return out;
}

}  // namespace

std::vector<std::string> read_lines() {
  const std::string text = read_file("lines.txt");
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(unescaped(std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

Expected read_expected(const std::string& name) {
  const auto json = nlohmann::json::parse(read_file(name + ".expected.json"));
  return {.block = json["block"].get<std::size_t>(),
          .first = json["first"].get<std::vector<Ids>>(),
          .blocks = json["blocks"].get<std::vector<Columns>>()};
}

Tokenizer load_fixture(const std::string& name) {
  return Tokenizer::parse(read_file(name + ".json"), kFolder / (name + ".json"), 4096);
}

void Hash::add_word(std::uint32_t word) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    add_byte(static_cast<std::uint8_t>(word >> shift));
  }
}

void Hash::add(const Ids& ids) {
  for (const std::int32_t id : ids) add_word(static_cast<std::uint32_t>(id));
  add_word(0xFFFFFFFFU);
}

void Hash::add(std::string_view text) {
  for (const char c : text) add_byte(static_cast<std::uint8_t>(c));
  add_byte(0xFF);
}

std::string Hash::hex() const {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(value_));
  return digits.data();
}

}  // namespace pagequest::model::test
