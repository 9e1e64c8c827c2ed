// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/agent/chat/auxiliary_prompt.h"
#include "engine/agent/chat/registry.h"
#include "tests/support/chat_tokenizer.h"

namespace pagequest::agent::chat {
namespace {

struct Named {
  std::string name;
  model::Tokenizer tokenizer;
};

std::vector<Named> formats() {
  return {{"chatml", testing::qwen3_tokenizer()},
          {"llama3", testing::llama3_tokenizer()},
          {"harmony", testing::harmony_tokenizer()},
          {"plain", testing::tokenizer_with("gpt2", {})}};
}

std::int32_t stop_of(const Named& named) {
  for (const char* token : {"<|im_end|>", "<|eot_id|>", "<|call|>"}) {
    if (const auto id = named.tokenizer.token_id(token)) return *id;
  }
  return 0;
}

std::vector<std::int32_t> cut(const std::vector<std::int32_t>& tokens, TokenSpan span) {
  return {tokens.begin() + span.first, tokens.begin() + span.end()};
}

TEST_CASE("A tokenizer's tokens tell the format") {
  for (const auto& named : formats()) CHECK(detect_format(named.tokenizer) == named.name);
}

TEST_CASE("Unknown formats and efforts are refused with the valid names") {
  const auto tokenizer = testing::qwen3_tokenizer();
  CHECK_THROWS_WITH(make_format("chatlm", tokenizer, {}, {}),
                    Catch::Contains("auto, chatml, harmony, llama3, plain"));
  CHECK_THROWS_WITH(make_format("chatml", tokenizer, {.effort = "hihg"}, {}),
                    Catch::Contains("did you mean `high`"));
}

TEST_CASE("A format whose tokens the tokenizer lacks is refused by the token's name") {
  CHECK_THROWS_WITH(make_format("harmony", testing::qwen3_tokenizer(), {}, {}),
                    Catch::Contains("<|end|>"));
}

TEST_CASE("A history goes on as if it had been rendered at once") {
  // The renderings themselves are held against the templates in tests/reference/chat.
  for (const auto& named : formats()) {
    if (named.name == "plain") continue;  // its transcript has no closing tokens
    INFO(named.name);
    const auto format = make_format(named.name, named.tokenizer, {}, {});
    ToolNamespace tools{.name = "browser", .description = {}, .functions = {}};
    tools.functions.push_back({.name = "find", .description = "Finds.", .parameters = {}});
    Conversation conversation{.messages = {{.content = "Where?"}}, .tools = {tools}};
    auto played = format->prompt(conversation).tokens;
    const ToolCall call{.name = named.name == "harmony" ? "browser.find" : "find",
                        .arguments = "{}"};
    conversation.messages.push_back({.author = Author::assistant, .calls = {call}});
    conversation.messages.push_back(
        {.author = Author::tool, .content = "Here.\nAnd there.", .tool = call.name});
    const auto whole = format->prompt(conversation).tokens;

    // The model writes its call as the template would.
    const ToolOutput output{.tool = call.name, .text = "Here.\nAnd there."};
    const auto replies = format->replies(stop_of(named), {&output, 1});
    REQUIRE(whole.size() > played.size() + replies.tokens.size());
    const std::vector<std::int32_t> tail(whole.end() - std::ssize(replies.tokens), whole.end());
    CHECK(tail == replies.tokens);
    CHECK(whole[whole.size() - replies.tokens.size() - 1] == replies.stop_token);
    CHECK(std::equal(played.begin(), played.end(), whole.begin()));
  }
}

TEST_CASE("A response's tokens are its whole message and nothing of the next turn") {
  for (const auto& named : formats()) {
    INFO(named.name);
    const auto format = make_format(named.name, named.tokenizer, {}, {});
    const ToolOutput output{.tool = "browser.find", .text = "Here it is."};
    const auto replies = format->replies(stop_of(named), {&output, 1});
    const auto response = named.tokenizer.decode(cut(replies.tokens, replies.responses.at(0)));
    CHECK(response.find("Here it is.") != std::string::npos);
    if (named.name == "harmony")
      CHECK(response.rfind("<|start|>browser.find to=assistant", 0) == 0);
    const auto rest = replies.responses.at(0).end();
    const auto behind = named.tokenizer.decode(
        std::vector<std::int32_t>(replies.tokens.begin() + rest, replies.tokens.end()));
    CHECK(behind.find("ssistant") != std::string::npos);
    CHECK(behind.find("Here it is.") == std::string::npos);
  }
}

TEST_CASE("Responses to several calls have disjoint tokens") {
  for (const auto& named : formats()) {
    INFO(named.name);
    const auto format = make_format(named.name, named.tokenizer, {}, {});
    const std::vector<ToolOutput> outputs = {{"find", "First."}, {"find", "Second."}};
    const auto replies = format->replies(stop_of(named), outputs);
    REQUIRE(replies.responses.size() == 2);
    CHECK(replies.responses[0].end() <= replies.responses[1].first);
    CHECK(named.tokenizer.decode(cut(replies.tokens, replies.responses[1])).find("Second.") !=
          std::string::npos);
  }
}

TEST_CASE("Harmony's <|return|> enters the history as <|end|>") {
  const auto tokenizer = testing::harmony_tokenizer();
  const auto format = make_format("harmony", tokenizer, {}, {});
  const ToolOutput output{.tool = "browser.find", .text = "x"};
  const auto replies = format->replies(tokenizer.token_id("<|return|>").value(), {&output, 1});
  CHECK(replies.stop_token == tokenizer.token_id("<|end|>").value());
}

TEST_CASE("An auxiliary thread gets the trigger phrase, and instructions unless told otherwise") {
  const std::vector<OpenCursor> open = {{.cursor = 3, .title = "Page three"}};
  for (const auto& named : formats()) {
    INFO(named.name);
    const auto told = make_format(named.name, named.tokenizer, {}, {})->auxiliary(open);
    const auto text = named.tokenizer.decode(told);
    CHECK(text.find(kAuxTrigger) != std::string::npos);
    CHECK(text.find("[3] Page three") != std::string::npos);
    const auto trained =
        make_format(named.name, named.tokenizer, {.aux_instructions = false}, {})->auxiliary(open);
    const auto phrase = named.tokenizer.decode(trained);
    CHECK(phrase.find(kAuxTrigger) != std::string::npos);
    CHECK(phrase.find("Page three") == std::string::npos);
  }
}

TEST_CASE("Thinking is switched off by an empty block where the tokenizer has the token") {
  const auto tokenizer = testing::qwen3_tokenizer();
  REQUIRE(tokenizer.token_id("<think>"));
  const Conversation one{.messages = {{.content = "Hi"}}, .tools = {}};
  const auto format = make_format("chatml", tokenizer, {.thinking = false}, {});
  const auto text = tokenizer.decode(format->prompt(one).tokens);
  CHECK(text.ends_with("<|im_start|>assistant\n<think>\n\n</think>\n\n"));
}

TEST_CASE("A ChatML model without the token is asked alike with and without thinking") {
  const auto tokenizer = testing::tokenizer_with("gpt2", {"<|im_start|>", "<|im_end|>"});
  REQUIRE_FALSE(tokenizer.token_id("<think>"));
  const Conversation one{.messages = {{.content = "Hi"}}, .tools = {}};
  const auto on = make_format("chatml", tokenizer, {.thinking = true}, {});
  const auto off = make_format("chatml", tokenizer, {.thinking = false}, {});
  CHECK(on->prompt(one).tokens == off->prompt(one).tokens);
  CHECK(tokenizer.decode(off->prompt(one).tokens).ends_with("<|im_start|>assistant\n"));
}

TEST_CASE("A plain auxiliary thread is whole with its command, others with a token alone") {
  for (const auto& named : formats()) {
    INFO(named.name);
    const auto format = make_format(named.name, named.tokenizer, {}, {});
    const auto completes = [&](const std::string& text) {
      return format->completes_auxiliary(named.tokenizer.encode(text));
    };
    const bool is_plain = named.name == "plain";
    CHECK(completes("Page 0 is stale. {\"del_cursors\": [0]}") == is_plain);
    CHECK(completes("{\"del_cursors\": []}") == is_plain);
    CHECK_FALSE(completes("Page 0 is stale. {\"del_cursors\": [0]"));
    CHECK_FALSE(completes("{\"del_cursors\": [0]} and so on"));
    CHECK_FALSE(completes("{\"pages\": [0]}"));
    CHECK_FALSE(completes("}"));
  }
}

TEST_CASE("A plain conversation of one message is its text as it is") {
  const auto tokenizer = testing::tokenizer_with("gpt2", {});
  const auto format = make_format("plain", tokenizer, {}, {});
  const Conversation one{.messages = {{.content = "Once upon a time"}}, .tools = {}};
  CHECK(tokenizer.decode(format->prompt(one).tokens) == "Once upon a time");
  const Conversation two{
      .messages = {{.author = Author::system, .content = "Be brief."}, {.content = "Hi"}},
      .tools = {}};
  CHECK(tokenizer.decode(format->prompt(two).tokens) ==
        "System: Be brief.\n\nUser: Hi\n\nAssistant:");
}

}  // namespace
}  // namespace pagequest::agent::chat
