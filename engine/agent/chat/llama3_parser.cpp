// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/llama3_parser.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/agent/chat/stopped_text.h"
#include "engine/agent/chat/tool_json.h"

namespace pagequest::agent::chat {
namespace {

constexpr std::string_view kPythonTag = "<|python_tag|>";

std::optional<ToolCall> read_call(std::string_view text) {
  const bool has_arguments = text.find("\"parameters\"") == std::string_view::npos;
  return parse_call_object(text, has_arguments ? "arguments" : "parameters");
}

class Llama3Parser final : public TurnParser {
 public:
  Llama3Parser(const model::Tokenizer& tokenizer, std::set<std::int32_t> stops, bool with_tools)
      : text_(tokenizer, std::move(stops)), with_tools_(with_tools) {}

  bool push(std::int32_t token) override { return text_.push(token); }
  [[nodiscard]] std::span<const std::int32_t> tokens() const override { return text_.tokens(); }
  [[nodiscard]] Turn turn() const override {
    Turn turn;
    const std::string body = text_.body();
    const bool tagged = with_tools_ && body.starts_with(kPythonTag);
    const auto call = with_tools_
                          ? read_call(std::string_view(body).substr(tagged ? kPythonTag.size() : 0))
                          : std::nullopt;
    const TokenSpan tokens = text_.body_tokens();
    if (call) {
      turn.kind = TurnKind::calls;
      turn.calls.push_back({.call = *call, .tokens = tokens});
    } else if (!body.empty() && !tagged) {
      turn.kind = TurnKind::answer;
      turn.answer = body;
      turn.answer_tokens = tokens;
    }
    return turn;
  }

 private:
  StoppedText text_;
  bool with_tools_;
};

}  // namespace

std::unique_ptr<TurnParser> make_llama3_parser(const model::Tokenizer& tokenizer,
                                               std::set<std::int32_t> stops, bool with_tools) {
  return std::make_unique<Llama3Parser>(tokenizer, std::move(stops), with_tools);
}

}  // namespace pagequest::agent::chat
