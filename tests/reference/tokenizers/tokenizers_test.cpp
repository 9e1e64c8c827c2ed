// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Verified against the Hugging Face tokenizers library: ids and texts that make_fixtures.py
// recorded of more than 20,000 lines.
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/model/unicode.h"
#include "tests/reference/tokenizers/fixtures.h"

namespace pagequest::model::test {
namespace {

std::string any_fixture() {
  return GENERATE(as<std::string>{}, "gpt2", "llama3", "qwen3", "o200k", "tekken", "prefixed",
                  "llama2", "mistral", "metaspace");
}

Ids reversed(Ids ids) {
  std::reverse(ids.begin(), ids.end());
  return ids;
}

Columns hash_block(const Tokenizer& tokenizer, const std::string* begin, const std::string* end) {
  std::array<Hash, 5> hashes;
  for (const std::string* line = begin; line != end; ++line) {
    const Ids ids = tokenizer.encode(*line);
    hashes[0].add(ids);
    hashes[1].add(tokenizer.encode_ordinary(*line));
    hashes[2].add(tokenizer.encode_with_template(*line));
    hashes[3].add(tokenizer.decode(ids));
    hashes[4].add(tokenizer.decode(reversed(ids)));
  }
  Columns columns;
  for (std::size_t at = 0; at < columns.size(); ++at) columns[at] = hashes[at].hex();
  return columns;
}

/// Pieces of a stream, each checked to be complete UTF-8.
std::string streamed(const Tokenizer& tokenizer, const Ids& ids) {
  StreamDecoder stream(tokenizer);
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string piece = stream.push(id);
    if (!is_utf8(piece)) return "a piece that is not UTF-8";
    text += piece;
  }
  return text + stream.finish();
}

TEST_CASE("The first lines have the ids of the reference") {
  const std::string name = any_fixture();
  CAPTURE(name);
  const Tokenizer tokenizer = load_fixture(name);
  const Expected expected = read_expected(name);
  const std::vector<std::string> lines = read_lines();
  REQUIRE(expected.first.size() == 300);
  for (std::size_t at = 0; at < expected.first.size(); ++at) {
    CAPTURE(at, lines[at]);
    CHECK(tokenizer.encode(lines[at]) == expected.first[at]);
  }
}

TEST_CASE("All lines have the ids and the texts of the reference") {
  const std::string name = any_fixture();
  CAPTURE(name);
  const Tokenizer tokenizer = load_fixture(name);
  const Expected expected = read_expected(name);
  const std::vector<std::string> lines = read_lines();
  REQUIRE(lines.size() > 20000);
  REQUIRE(expected.blocks.size() == (lines.size() + expected.block - 1) / expected.block);
  for (std::size_t block = 0; block < expected.blocks.size(); ++block) {
    const std::size_t begin = block * expected.block;
    const std::size_t end = std::min(begin + expected.block, lines.size());
    CAPTURE(begin, end);
    const Columns found = hash_block(tokenizer, lines.data() + begin, lines.data() + end);
    for (std::size_t column = 0; column < found.size(); ++column) {
      CAPTURE(kColumnNames[column]);
      CHECK(found[column] == expected.blocks[block][column]);
    }
  }
}

TEST_CASE("A stream gives complete characters that add up to the decoded text") {
  const std::string name = any_fixture();
  CAPTURE(name);
  const Tokenizer tokenizer = load_fixture(name);
  std::size_t differing = 0;
  for (const std::string& line : read_lines()) {
    const Ids ids = tokenizer.encode(line);
    differing += streamed(tokenizer, ids) == tokenizer.decode(ids) ? 0 : 1;
    differing += streamed(tokenizer, reversed(ids)) == tokenizer.decode(reversed(ids)) ? 0 : 1;
  }
  CHECK(differing == 0);
}

}  // namespace
}  // namespace pagequest::model::test
