// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/tokenizer.h"

#include "tests/unit/model/checkpoint.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;
using Ids = std::vector<std::int32_t>;

Tokenizer load(const json& tokenizer, std::int32_t vocabulary = 5) {
  const TemporaryFolder folder;
  folder.write("tokenizer.json", tokenizer.dump());
  return Tokenizer::load(folder.path(), vocabulary);
}

TEST_CASE("Words become ids and ids become words") {
  const Tokenizer tokenizer = load(small_tokenizer());
  CHECK(tokenizer.size() == 5);
  CHECK(tokenizer.encode("<bos> red\tblue \n red<eos>") == Ids{0, 3, 4, 2});
  CHECK(tokenizer.encode("  red blue ") == Ids{3, 4});
  CHECK(tokenizer.encode("").empty());
  CHECK(tokenizer.decode(Ids{0, 3, 4}) == "<bos> red blue");
  CHECK(tokenizer.decode(Ids{}).empty());
}

TEST_CASE("Added tokens are cut out of words, the longest first") {
  json file = small_tokenizer();
  file["added_tokens"].push_back({{"id", 1}, {"content", "<bos>x"}, {"special", true}});
  file["model"]["vocab"].erase("<eos>");
  const Tokenizer tokenizer = load(file);
  CHECK(tokenizer.encode("red<bos>blue") == Ids{3, 0, 4});
  CHECK(tokenizer.encode("<bos><bos>xred") == Ids{0, 1, 3});
}

TEST_CASE("An unknown word becomes the unknown token, or an error that names it") {
  CHECK(load(small_tokenizer()).encode("red mauve") == Ids{3, 2});
  json file = small_tokenizer();
  file["model"].erase("unk_token");
  const Tokenizer tokenizer = load(file);
  CHECK_THAT(input_error_of([&] { return tokenizer.encode("red mauve"); }), Contains("`mauve`"));
}

TEST_CASE("An id without a word is written as a number") {
  json file = small_tokenizer();
  file["model"]["vocab"].erase("blue");
  CHECK(load(file).decode(Ids{3, 4}) == "red <4>");
}

TEST_CASE("A tokenizer of another type is refused by the part that differs") {
  const auto [part, value] =
      GENERATE(table<std::string, json>({{"normalizer", {{"type", "NFC"}}},
                                         {"pre_tokenizer", {{"type", "ByteLevel"}}},
                                         {"pre_tokenizer", nullptr},
                                         {"post_processor", {{"type", "TemplateProcessing"}}},
                                         {"decoder", {{"type", "BPEDecoder"}}},
                                         {"model", {{"type", "Unigram"}, {"vocab", json::array()}}},
                                         {"model", nullptr}}));
  json file = small_tokenizer();
  file[part] = value;
  CHECK_THAT(input_error_of([&] { return load(file); }), Contains("`" + part + "`"));
}

TEST_CASE("A vocabulary that does not fit is refused") {
  json file = small_tokenizer();
  SECTION("an id beyond the config's vocabulary") {
    CHECK_THAT(input_error_of([&] { return load(file, 4); }), Contains("blue"));
  }
  SECTION("two words with one id") {
    file["model"]["vocab"]["green"] = 3;
    CHECK_THAT(input_error_of([&] { return load(file); }), Contains("green"));
  }
  SECTION("a negative id") {
    file["model"]["vocab"]["green"] = -1;
    CHECK_THAT(input_error_of([&] { return load(file); }), Contains("green"));
  }
  SECTION("an id that is no number") {
    file["model"]["vocab"]["green"] = "3";
    CHECK_THAT(input_error_of([&] { return load(file); }), Contains("integer"));
  }
  SECTION("an added token that contradicts the vocabulary") {
    file["added_tokens"][0]["id"] = 1;
    CHECK_THAT(input_error_of([&] { return load(file); }), Contains("<bos>"));
  }
  SECTION("an added token without a content") {
    file["added_tokens"].push_back({{"id", 1}});
    CHECK_THAT(input_error_of([&] { return load(file); }), Contains("added_tokens"));
  }
  SECTION("an added token that strips its surroundings") {
    file["added_tokens"][0]["lstrip"] = true;
    CHECK_THAT(input_error_of([&] { return load(file); }), Contains("lstrip"));
  }
}

}  // namespace
}  // namespace pagequest::model::test
