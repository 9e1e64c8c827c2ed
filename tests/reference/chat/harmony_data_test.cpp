// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Renderings and parsing against test data of the reference implementation of harmony, which is not
// part of this repository: without the folder the tests are skipped.
#include <filesystem>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "engine/agent/chat/harmony.h"
#include "engine/agent/tasks/corpus/browser.h"
#include "tests/support/chat_tokenizer.h"
#include "tests/support/file_content.h"

namespace pagequest::agent::chat {
namespace {

/// A file's text without the newline that ends it; "" when the data is not there.
std::string data(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path(PQ_SHARED_DATA) / "harmony";
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no folder " << folder.string());
    SUCCEED("skipped");
    return {};
  }
  std::string text = testing::content_of(folder / name);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

ToolNamespace weather() {
  Function lookup{.name = "lookup_weather",
                  .description =
                      "Use this tool to lookup the weather in a given location. Call it "
                      "with the parameter 'location', can be any textual description of "
                      "a location.",
                  .parameters = {}};
  lookup.parameters.push_back({.name = "location",
                               .types = {"string"},
                               .default_value = {},
                               .description = {},
                               .required = true});
  return {.name = "functions", .description = {}, .functions = {lookup}};
}

std::string rendered(const Conversation& conversation) {
  const auto tokenizer = testing::harmony_tokenizer();
  const auto format = make_harmony(tokenizer, {}, {});
  return tokenizer.decode(format->prompt(conversation).tokens);
}

TEST_CASE("The system message with the browser tool is harmony's") {
  const auto expected = data("test_browser_tool_only.txt");
  if (expected.empty()) return;
  CHECK(rendered({.messages = {}, .tools = {Browser::description()}}) == expected);
}

TEST_CASE("Functions stand in the developer message, the browser in the system message") {
  const auto expected = data("test_browser_and_function_tool.txt");
  if (expected.empty()) return;
  CHECK(rendered({.messages = {}, .tools = {Browser::description(), weather()}}) == expected);
}

TEST_CASE("A call on the commentary channel and its response are read and written as recorded") {
  const auto expected = data("test_streamable_parser.txt");
  if (expected.empty()) return;
  const auto tokenizer = testing::harmony_tokenizer();
  const auto format = make_harmony(tokenizer, {}, {});
  const auto parser = format->parser(true);
  std::int32_t stop = -1;
  for (const auto token : tokenizer.encode(expected)) {
    if (!parser->push(token)) continue;
    stop = token;
    break;
  }
  const Turn turn = parser->turn();
  REQUIRE(turn.kind == TurnKind::calls);
  CHECK(turn.thought.rfind("User asks", 0) == 0);
  CHECK(turn.calls.at(0).call.name == "browser.search");
  CHECK(turn.calls.at(0).call.arguments ==
        R"({"query": "current US president July 2025", "topn": 10, "source": "news"})");

  const ToolOutput output{.tool = "browser.search", .text = R"({"result": "https://openai.com/"})"};
  const auto replies = format->replies(stop, {&output, 1});
  const auto span = replies.responses.at(0);
  const std::vector<std::int32_t> response(replies.tokens.begin() + span.first,
                                           replies.tokens.begin() + span.end());
  CHECK(tokenizer.decode(parser->tokens()) + tokenizer.decode(response) == expected);
}

}  // namespace
}  // namespace pagequest::agent::chat
