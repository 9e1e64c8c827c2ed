// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Renderings against what the public chat templates make of the same conversations
// (make_golden.py).
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/agent/chat/registry.h"
#include "engine/agent/tasks/corpus/browser.h"
#include "tests/support/chat_tokenizer.h"

namespace pagequest::agent::chat {
namespace {

using nlohmann::json;

const json& golden() {
  static const json kGolden = json::parse(std::ifstream("tests/reference/chat/golden.json"));
  return kGolden;
}

model::Tokenizer tokenizer_of(const std::string& format) {
  if (format == "chatml") return testing::qwen3_tokenizer();
  return format == "llama3" ? testing::llama3_tokenizer() : testing::harmony_tokenizer();
}

Message message_of(const json& item) {
  const std::string author = item["author"];
  Message message;
  message.author = author == "system"      ? Author::system
                   : author == "user"      ? Author::user
                   : author == "assistant" ? Author::assistant
                                           : Author::tool;
  message.content = item.value("content", "");
  message.thinking = item.value("thinking", "");
  message.tool = item.value("tool", "");
  for (const auto& call : item.value("calls", json::array())) {
    message.calls.push_back({.name = call["name"], .arguments = call["arguments"]});
  }
  return message;
}

Function function_of(const json& item) {
  Function function{.name = item["name"], .description = item["description"], .parameters = {}};
  for (const auto& parameter : item["parameters"]) {
    function.parameters.push_back({.name = parameter["name"],
                                   .types = parameter["types"],
                                   .default_value = parameter.value("default", ""),
                                   .description = parameter.value("description", ""),
                                   .required = parameter.value("required", false)});
  }
  return function;
}

Conversation conversation_of(const json& entry) {
  Conversation out;
  for (const auto& item : entry["messages"]) out.messages.push_back(message_of(item));
  if (entry["tools"] == "browser") {
    out.tools.push_back(Browser::description());
  } else if (!entry["tools"].empty()) {
    ToolNamespace space{.name = "functions", .description = {}, .functions = {}};
    for (const auto& item : entry["tools"]) space.functions.push_back(function_of(item));
    out.tools.push_back(space);
  }
  return out;
}

Settings settings_of(const json& entry) {
  Settings settings;
  settings.thinking = entry["settings"].value("thinking", true);
  settings.effort = entry["settings"].value("effort", "medium");
  settings.date = entry["settings"].value("date", "");
  return settings;
}

Rendered render(const json& entry, const model::Tokenizer& tokenizer) {
  const auto format =
      make_format(entry["format"].get<std::string>(), tokenizer, settings_of(entry), {});
  return format->prompt(conversation_of(entry));
}

bool user_wrote_a_special_token(const json& entry) {
  for (const auto& item : entry["messages"]) {
    if (item.value("content", "").find("<|") != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("Every rendering reads as the template's") {
  for (const auto& entry : golden()) {
    INFO(entry["format"] << ": " << entry["title"]);
    const auto tokenizer = tokenizer_of(entry["format"]);
    CHECK(tokenizer.decode(render(entry, tokenizer).tokens) == entry["text"].get<std::string>());
  }
}

TEST_CASE("Every rendering has the tokens of the template's text") {
  std::size_t compared = 0;
  for (const auto& entry : golden()) {
    if (user_wrote_a_special_token(entry)) continue;
    INFO(entry["format"] << ": " << entry["title"]);
    const auto tokenizer = tokenizer_of(entry["format"]);
    CHECK(render(entry, tokenizer).tokens == tokenizer.encode(entry["text"].get<std::string>()));
    ++compared;
  }
  CHECK(compared >= 12);
}

TEST_CASE("The parts of a rendering follow each other without gaps") {
  for (const auto& entry : golden()) {
    INFO(entry["format"] << ": " << entry["title"]);
    const auto tokenizer = tokenizer_of(entry["format"]);
    const Rendered rendered = render(entry, tokenizer);
    std::int32_t next = 0;
    for (const auto& part : rendered.parts) {
      CHECK(part.tokens.first == next);
      CHECK(part.tokens.count > 0);
      next = part.tokens.end();
    }
    CHECK(next == static_cast<std::int32_t>(rendered.tokens.size()));
  }
}

TEST_CASE("What a user writes yields no special token") {
  for (const auto& entry : golden()) {
    if (!user_wrote_a_special_token(entry)) continue;
    INFO(entry["format"] << ": " << entry["title"]);
    const auto tokenizer = tokenizer_of(entry["format"]);
    const auto end = tokenizer.token_id("<|im_end|>");
    if (!end) continue;
    const auto ids = render(entry, tokenizer).tokens;
    const auto closed = static_cast<std::size_t>(std::count(ids.begin(), ids.end(), *end));
    CHECK(closed == entry["messages"].size());
  }
}

}  // namespace
}  // namespace pagequest::agent::chat
