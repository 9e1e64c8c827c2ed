// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What models write in each format. The texts are made after the formats' own documentation:
// openai/harmony docs/format.md, the chat templates of Qwen3 and Llama 3.1.
#include <memory>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "engine/agent/chat/chatml.h"
#include "engine/agent/chat/harmony.h"
#include "engine/agent/chat/llama3.h"
#include "engine/agent/chat/plain.h"
#include "tests/support/chat_tokenizer.h"

namespace pagequest::agent::chat {
namespace {

struct Reading {
  Turn turn;
  bool ended = false;
  std::string text;  // of the whole turn
};

class Reader {
 public:
  Reader(model::Tokenizer tokenizer, decltype(make_chatml)* make)
      : tokenizer_(std::move(tokenizer)), format_(make(tokenizer_, {}, {})) {}

  [[nodiscard]] Reading read(const std::string& text, bool with_tools = true) const {
    const auto parser = format_->parser(with_tools);
    Reading out;
    for (const auto token : tokenizer_.encode(text)) {
      out.ended = parser->push(token);
      if (out.ended) break;
    }
    out.turn = parser->turn();
    out.text = tokenizer_.decode(parser->tokens());
    return out;
  }
  [[nodiscard]] std::string tokens_text(const std::string& text, TokenSpan span) const {
    const auto ids = tokenizer_.encode(text);
    return tokenizer_.decode({ids.data() + span.first, static_cast<std::size_t>(span.count)});
  }

 private:
  model::Tokenizer tokenizer_;
  std::unique_ptr<Format> format_;
};

Reader chatml() { return {testing::qwen3_tokenizer(), make_chatml}; }
Reader llama3() { return {testing::llama3_tokenizer(), make_llama3}; }
Reader harmony() { return {testing::harmony_tokenizer(), make_harmony}; }
Reader plain() { return {testing::tokenizer_with("gpt2", {}), make_plain}; }

TEST_CASE("ChatML: reasoning, a call and their tokens are told apart") {
  const std::string text =
      "<think>\nLook it up — now.\n</think>\n\n<tool_call>\n{\"name\": \"search\", \"arguments\": "
      "{\"query\": \"café\"}}\n</tool_call><|im_end|>";
  const auto reader = chatml();
  const auto reading = reader.read(text);
  REQUIRE(reading.ended);
  REQUIRE(reading.turn.kind == TurnKind::calls);
  CHECK(reading.turn.thought == "Look it up — now.");
  CHECK(reading.turn.calls.at(0).call.name == "search");
  CHECK(reading.turn.calls.at(0).call.arguments == "{\"query\": \"café\"}");
  CHECK(reader.tokens_text(text, reading.turn.thought_tokens) ==
        "<think>\nLook it up — now.\n</think>");
  const auto call = reader.tokens_text(text, reading.turn.calls.at(0).tokens);
  CHECK(call.rfind("<tool_call>", 0) == 0);
  CHECK(call.find("</tool_call>") == call.size() - std::string("</tool_call>").size());
}

TEST_CASE("ChatML: several calls of a turn come in their order") {
  const auto turn = chatml()
                        .read(
                            "<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>\n"
                            "<tool_call>\n{\"name\": \"b\"}\n</tool_call><|im_end|>")
                        .turn;
  REQUIRE(turn.calls.size() == 2);
  CHECK(turn.calls[0].call.name == "a");
  CHECK(turn.calls[1].call.name == "b");
  CHECK(turn.calls[0].tokens.end() <= turn.calls[1].tokens.first);
}

TEST_CASE("ChatML: text behind the reasoning is the answer") {
  const auto turn = chatml().read("<think>\nhm\n</think>\n\n212 steps.<|im_end|>").turn;
  REQUIRE(turn.kind == TurnKind::answer);
  CHECK(turn.answer == "212 steps.");
  CHECK(turn.answer_tokens.first >= turn.thought_tokens.end());
}

TEST_CASE("ChatML: reasoning that the prompt has opened still ends at its closing tag") {
  const auto turn = chatml().read("hm\n</think>\n\n7<|im_end|>").turn;
  CHECK(turn.thought == "hm");
  CHECK(turn.answer == "7");
}

TEST_CASE("ChatML: broken turns are malformed") {
  const std::string nested(5000, '[');
  for (const std::string& text : std::vector<std::string>{
           "<|im_end|>", "<think>\nno end<|im_end|>", "<tool_call>\n{\"name\": \"a\"<|im_end|>",
           "<tool_call>\nnot json\n</tool_call><|im_end|>",
           "<tool_call>\n{\"arguments\": {}}\n</tool_call><|im_end|>",
           "<tool_call>{\"name\": \"a\", \"arguments\": " + nested + std::string(5000, ']') +
               "}</tool_call><|im_end|>"}) {
    INFO(text.substr(0, 80));
    CHECK(chatml().read(text).turn.kind == TurnKind::malformed);
  }
}

TEST_CASE("ChatML: without tools a call is text") {
  const auto turn = chatml().read("say <tool_call> twice<|im_end|>", false).turn;
  REQUIRE(turn.kind == TurnKind::answer);
  CHECK(turn.answer == "say <tool_call> twice");
}

TEST_CASE("Llama 3: an object with a name is a call, anything else an answer") {
  const auto call =
      llama3().read("{\"name\": \"open\", \"parameters\": {\"id\": 3}}<|eot_id|>").turn;
  REQUIRE(call.kind == TurnKind::calls);
  CHECK(call.calls.at(0).call.name == "open");
  CHECK(call.calls.at(0).call.arguments == "{\"id\": 3}");
  const auto tagged =
      llama3().read("<|python_tag|>{\"name\": \"open\", \"arguments\": {}}<|eom_id|>");
  CHECK(tagged.ended);
  CHECK(tagged.turn.kind == TurnKind::calls);
  const auto answer = llama3().read("It is {\"name\"}.<|eot_id|>").turn;
  CHECK(answer.kind == TurnKind::answer);
  CHECK(answer.answer == "It is {\"name\"}.");
  CHECK(llama3().read("<|python_tag|>print(1)<|eom_id|>").turn.kind == TurnKind::malformed);
  CHECK(llama3().read("<|eot_id|>").turn.kind == TurnKind::malformed);
}

TEST_CASE("Harmony: calls are read on the analysis and on the commentary channel") {
  for (const std::string& header : std::vector<std::string>{
           "<|channel|>commentary to=browser.open code", "<|channel|>analysis to=browser.open code",
           "<|channel|>analysis to=browser.open <|constrain|>json",
           " to=browser.open<|channel|>commentary json"}) {
    INFO(header);
    const auto reading = harmony().read(header + "<|message|>{\"id\":1}<|call|>");
    CHECK(reading.ended);
    REQUIRE(reading.turn.kind == TurnKind::calls);
    CHECK(reading.turn.calls.at(0).call.name == "browser.open");
    CHECK(reading.turn.calls.at(0).call.arguments == "{\"id\":1}");
  }
}

TEST_CASE("Harmony: a call's tokens are those of its message, the thought's those before it") {
  const std::string text =
      "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary "
      "to=browser.find code<|message|>{\"pattern\":\"x\"}<|call|>";
  const auto reader = harmony();
  const auto turn = reader.read(text).turn;
  REQUIRE(turn.kind == TurnKind::calls);
  CHECK(reader.tokens_text(text, turn.thought_tokens) ==
        "<|channel|>analysis<|message|>Hm.<|end|>");
  CHECK(reader.tokens_text(text, turn.calls.at(0).tokens) ==
        "<|start|>assistant<|channel|>commentary to=browser.find "
        "code<|message|>{\"pattern\":\"x\"}<|call|>");
}

TEST_CASE("Harmony: the final channel is the answer, a preamble is thought") {
  const auto turn = harmony()
                        .read(
                            "<|channel|>commentary<|message|>I will add.<|end|><|start|>"
                            "assistant<|channel|>final<|message|>2 + 2 = 4.<|return|>")
                        .turn;
  REQUIRE(turn.kind == TurnKind::answer);
  CHECK(turn.answer == "2 + 2 = 4.");
  CHECK(turn.thought == "I will add.");
}

TEST_CASE("Harmony: broken turns are malformed") {
  for (const std::string& text : std::vector<std::string>{
           "<|return|>", "text without a header<|return|>",
           "<|channel|>analysis<|message|>Hm.<|return|>",
           "<|channel|>commentary to=browser.open code<|message|>{}<|return|>",
           "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|return|>",
           "<|message|>no channel<|return|>"}) {
    INFO(text);
    CHECK(harmony().read(text).turn.kind == TurnKind::malformed);
  }
}

TEST_CASE("Plain: a call ends the turn with its closing tag, without tools all is the answer") {
  const auto call = plain().read("Well. <tool_call>{\"name\": \"find\"}</tool_call> more");
  CHECK(call.ended);
  CHECK(call.turn.kind == TurnKind::calls);
  CHECK(call.text.find(" more") == std::string::npos);
  const auto answer = plain().read("Well. <tool_call> <think> more", false).turn;
  CHECK(answer.kind == TurnKind::answer);
  CHECK(answer.answer == "Well. <tool_call> <think> more");
}

}  // namespace
}  // namespace pagequest::agent::chat
