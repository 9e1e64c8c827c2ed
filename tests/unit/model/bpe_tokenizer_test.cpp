// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Behaviour that the lines of tests/reference/tokenizers do not show, on the tokenizers of that
// folder.
#include <fstream>

#include "engine/model/tokenizer.h"
#include "engine/model/unicode.h"
#include "tests/unit/model/checkpoint.h"

namespace pagequest::model::test {
namespace {

using Ids = std::vector<std::int32_t>;

json fixture(const std::string& name) {
  std::ifstream in("tests/reference/tokenizers/" + name + ".json");
  return json::parse(in);
}

Tokenizer parse(const json& file) { return Tokenizer::parse(file.dump(), "tokenizer.json", 4096); }

Tokenizer load(const std::string& name) { return parse(fixture(name)); }

TEST_CASE("A tokenizer names its pipeline") {
  CHECK(load("gpt2").kind() == "byte-level-bpe");
  CHECK(load("llama2").kind() == "sentencepiece-bpe");
}

TEST_CASE("Special tokens in a user's text are text when asked") {
  const Tokenizer tokenizer = load("qwen3");
  const std::string text = "a<|im_end|>b<think>";
  const std::int32_t end = tokenizer.token_id("<|im_end|>").value();
  const std::int32_t think = tokenizer.token_id("<think>").value();
  CHECK(tokenizer.is_special(end));
  CHECK_FALSE(tokenizer.is_special(think));
  const Ids all = tokenizer.encode(text);
  CHECK(std::count(all.begin(), all.end(), end) == 1);
  const Ids ordinary = tokenizer.encode_ordinary(text);
  CHECK(std::count(ordinary.begin(), ordinary.end(), end) == 0);
  CHECK(std::count(ordinary.begin(), ordinary.end(), think) == 1);
  CHECK(tokenizer.decode(ordinary) == text);
}

TEST_CASE("A whole word that is a special token stays text when asked") {
  json file = fixture("llama3");
  file["added_tokens"].push_back({{"id", 4000}, {"content", "STOP"}, {"special", true}});
  const Tokenizer tokenizer = parse(file);
  CHECK(tokenizer.encode("STOP") == Ids{4000});
  const Ids ordinary = tokenizer.encode_ordinary("STOP");
  CHECK(std::count(ordinary.begin(), ordinary.end(), 4000) == 0);
  CHECK(tokenizer.decode(ordinary) == "STOP");
}

TEST_CASE("The template's tokens are apart from the text's") {
  const Tokenizer tokenizer = load("llama3");
  const std::int32_t bos = tokenizer.token_id("<|begin_of_text|>").value();
  CHECK(tokenizer.bos_prefix() == Ids{bos});
  Ids expected = tokenizer.encode("hi");
  CHECK(expected.front() != bos);
  expected.insert(expected.begin(), bos);
  CHECK(tokenizer.encode_with_template("hi") == expected);
  CHECK(load("gpt2").bos_prefix().empty());
}

TEST_CASE("An id without a token is skipped and is not special") {
  const Tokenizer tokenizer = load("gpt2");
  const Ids ids = tokenizer.encode("ab");
  Ids holes = {-1};
  for (const std::int32_t id : ids) holes.insert(holes.end(), {id, 4095});
  CHECK(tokenizer.decode(holes) == "ab");
  CHECK_FALSE(tokenizer.is_special(-1));
  CHECK_FALSE(tokenizer.is_special(4095));
  CHECK_FALSE(tokenizer.token_id("no such token").has_value());
}

TEST_CASE("A stream holds an unfinished character back") {
  const Tokenizer tokenizer = load("gpt2");
  const std::string text = "\xF0\xA0\x80\x81";  // U+20001, four byte tokens
  const Ids ids = tokenizer.encode(text);
  REQUIRE(ids.size() > 1);
  StreamDecoder stream(tokenizer);
  for (std::size_t at = 0; at + 1 < ids.size(); ++at) CHECK(stream.push(ids[at]).empty());
  SECTION("until it is whole") {
    CHECK(stream.push(ids.back()) == text);
    CHECK(stream.finish().empty());
  }
  SECTION("until another one begins") {
    CHECK(stream.push(tokenizer.token_id("a").value()) ==
          "\xEF\xBF\xBD"
          "a");
  }
  SECTION("until the end") {
    CHECK(stream.finish() == "\xEF\xBF\xBD");
    CHECK(stream.push(tokenizer.token_id("a").value()) == "a");
  }
}

TEST_CASE("A stream of SentencePiece tokens strips one space, and again after its end") {
  const Tokenizer tokenizer = load("llama2");
  const std::int32_t space = tokenizer.token_id("\xE2\x96\x81").value();
  StreamDecoder stream(tokenizer);
  for (int round = 0; round < 2; ++round) {
    CHECK(stream.push(space).empty());
    CHECK(stream.push(space) == " ");
    CHECK(stream.finish().empty());
  }
}

TEST_CASE("Merges are read as pairs and as texts") {
  json file = fixture("gpt2");
  json texts = json::array({"#version: 0.2"});
  for (const json& pair : file["model"]["merges"]) {
    texts.push_back(pair[0].get<std::string>() + " " + pair[1].get<std::string>());
  }
  const std::string text = "the engine reads pages";
  const Ids ids = load("gpt2").encode(text);
  REQUIRE(ids.size() < text.size());
  file["model"]["merges"] = texts;
  CHECK(parse(file).encode(text) == ids);
}

struct Damage {
  std::string fixture;
  std::string path;  // JSON pointer
  json value;
  std::string named;  // in the message
};

TEST_CASE("What is not supported is refused by name") {
  const json regex = {{"Regex", "\\w+"}};
  const Damage damage = GENERATE_COPY(values<Damage>({
      {"gpt2", "/normalizer", {{"type", "NFKC"}}, "NFKC"},
      {"gpt2", "/pre_tokenizer", {{"type", "Whitespace"}}, "Whitespace"},
      {"gpt2", "/pre_tokenizer/extra", 1, "`pre_tokenizer.extra`"},
      {"gpt2", "/decoder", {{"type", "WordPiece"}}, "WordPiece"},
      {"gpt2", "/post_processor", {{"type", "BertProcessing"}}, "BertProcessing"},
      {"gpt2", "/model/dropout", 0.1, "dropout"},
      {"gpt2", "/model/end_of_word_suffix", "</w>", "end_of_word_suffix"},
      {"gpt2", "/model/new_option", true, "`model.new_option`"},
      {"gpt2", "/model", {{"type", "Unigram"}}, "Unigram"},
      {"gpt2", "/added_tokens/0/lstrip", true, "lstrip"},
      {"gpt2", "/added_tokens/0/rstrip", true, "rstrip"},
      {"gpt2", "/added_tokens/0/single_word", true, "single_word"},
      {"llama3", "/pre_tokenizer/pretokenizers/0/pattern", regex, "\\w+"},
      {"llama3", "/pre_tokenizer/pretokenizers/0/behavior", "MergedWithNext", "MergedWithNext"},
      {"llama3", "/pre_tokenizer/pretokenizers/0/invert", true, "invert"},
      {"llama3", "/pre_tokenizer/pretokenizers/0/type", "Digits", "Digits"},
      {"llama3", "/post_processor/processors/0/type", "RobertaProcessing", "RobertaProcessing"},
      {"llama2", "/normalizer/normalizers/0/type", "Lowercase", "Lowercase"},
      {"llama2", "/normalizer/normalizers/0/prepend", "_", "prepend"},
      {"llama2", "/decoder/decoders/1/type", "CTC", "CTC"},
      {"mistral", "/pre_tokenizer/prepend_scheme", "sometimes", "sometimes"},
      {"mistral", "/pre_tokenizer/replacement", "_", "replacement"},
      {"mistral", "/normalizer", {{"type", "Replace"}}, "normalizer"},
  }));
  json file = fixture(damage.fixture);
  file[json::json_pointer(damage.path)] = damage.value;
  CAPTURE(damage.path);
  CHECK_THAT(input_error_of([&] { return parse(file); }), Catch::Matchers::Contains(damage.named));
}

TEST_CASE("A malformed BPE tokenizer is refused by the part that is wrong") {
  const Damage damage = GENERATE(values<Damage>({
      {"gpt2", "/model/merges", nullptr, "model.merges"},
      {"gpt2", "/model/merges/0", json::array({"a", "b", "c"}), "model.merges[0]"},
      {"gpt2", "/model/merges/0", json::array({"a", 1}), "model.merges[0]"},
      {"gpt2", "/model/merges/0", "ab", "model.merges[0]"},
      {"gpt2", "/model/merges/0", "a  b", "model.merges[0]"},
      {"gpt2", "/model/merges/1", json::array({"a", "\xC3\xA6\xC3\xA6"}), "model.merges[1]"},
      {"gpt2", "/model/merges/1", json::array({"#", "Q"}), "#Q"},
      {"gpt2", "/model/vocab", json::object(), "model"},
      {"gpt2", "/model/vocab", json::array(), "model.vocab"},
      {"gpt2", "/model/vocab/a", -1, "model.vocab.a"},
      {"gpt2", "/model/vocab/a", 4096, "4096"},
      {"gpt2", "/model/vocab/a", 18446744073709551615U, "integer"},
      {"gpt2", "/model/vocab/a", 1.5, "integer"},
      {"gpt2", "/model/vocab/a", 7, "one token an id"},
      {"gpt2", "/model/unk_token", "<nothing>", "<nothing>"},
      {"gpt2", "/model/ignore_merges", "yes", "ignore_merges"},
      {"gpt2", "/added_tokens", 1, "added_tokens"},
      {"gpt2", "/added_tokens/0/content", "", "content"},
      {"gpt2", "/added_tokens/0/id", 3, "added_tokens[0].id"},
      {"llama3", "/post_processor/processors/1/single", json::array(), "single"},
      {"llama3", "/post_processor/processors/1/special_tokens", json::object(), "special_tokens"},
      {"llama2", "/decoder/decoders", json::array(), "decoders"},
      {"llama2", "/decoder/decoders/3/start", -1, "start"},
      {"llama2", "/decoder/decoders/3/stop", 1, "stop"},
      {"metaspace", "/model/unk_token", nullptr, "unk_token"},
      {"metaspace", "/model/byte_fallback", true, "<0x00>"},
  }));
  json file = fixture(damage.fixture);
  file[json::json_pointer(damage.path)] = damage.value;
  CAPTURE(damage.path);
  CHECK_THAT(input_error_of([&] { return parse(file); }), Catch::Matchers::Contains(damage.named));
}

TEST_CASE("A byte without a token is refused") {
  json file = fixture("gpt2");
  file["model"]["vocab"].erase("Q");
  CHECK_THAT(input_error_of([&] { return parse(file); }), Catch::Matchers::Contains("`Q`"));
}

TEST_CASE("JSON that is cut off, not an object or nested too deep is refused") {
  const auto parse_text = [](const std::string& text) {
    return Tokenizer::parse(text, "tokenizer.json", 4096);
  };
  const std::string whole = fixture("gpt2").dump();
  CHECK_THAT(input_error_of([&] { return parse_text(whole.substr(0, whole.size() / 2)); }),
             Catch::Matchers::Contains("truncated"));
  CHECK_THAT(input_error_of([&] { return parse_text("[]"); }), Catch::Matchers::Contains("object"));
  CHECK_THAT(input_error_of([&] { return parse_text(""); }), Catch::Matchers::Contains("object"));
  const std::string deep = R"({"model":)" + std::string(1000000, '[');
  CHECK_THAT(input_error_of([&] { return parse_text(deep); }), Catch::Matchers::Contains("nested"));
}

TEST_CASE("A long text without a word boundary is encoded and comes back") {
  const Tokenizer tokenizer = load(GENERATE(as<std::string>{}, "gpt2", "o200k", "qwen3", "llama2"));
  std::string text;
  while (text.size() < 200000) text += "antidisestablishment";
  CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
}

}  // namespace
}  // namespace pagequest::model::test
