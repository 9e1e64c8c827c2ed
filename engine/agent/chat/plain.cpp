// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/plain.h"

#include <string>
#include <utility>

#include "engine/agent/chat/auxiliary_prompt.h"
#include "engine/agent/chat/hermes_parser.h"
#include "engine/agent/chat/stopped_text.h"
#include "engine/agent/chat/token_writer.h"
#include "engine/agent/chat/tokenized_format.h"
#include "engine/agent/chat/tool_json.h"
#include "engine/agent/del_cursors.h"

namespace pagequest::agent::chat {
namespace {

constexpr std::string_view kTurn = "\n\nAssistant:";

/// Any text is an answer.
class TextParser final : public TurnParser {
 public:
  TextParser(const model::Tokenizer& tokenizer, std::set<std::int32_t> stops)
      : text_(tokenizer, std::move(stops)) {}

  bool push(std::int32_t token) override { return text_.push(token); }
  [[nodiscard]] std::span<const std::int32_t> tokens() const override { return text_.tokens(); }
  [[nodiscard]] Turn turn() const override {
    Turn turn;
    turn.kind = TurnKind::answer;
    turn.answer = text_.body();
    turn.answer_tokens = text_.body_tokens();
    return turn;
  }

 private:
  StoppedText text_;
};

std::string tools_text(const Conversation& conversation) {
  std::string text = "You can call these functions:\n";
  for (const auto& function : all_functions(conversation.tools)) {
    text += function_json(function, 0) + "\n";
  }
  return text +
         "To call one, write <tool_call>{\"name\": <function name>, \"arguments\": <object>}"
         "</tool_call>.";
}

std::string call_text(const ToolCall& call) {
  return "<tool_call>{\"name\": \"" + call.name +
         "\", \"arguments\": " + spaced_json(call.arguments) + "}</tool_call>";
}

std::string message_text(const Message& message) {
  switch (message.author) {
    case Author::system:
      return "System: " + message.content;
    case Author::user:
      return "User: " + message.content;
    case Author::tool:
      return "Tool: " + message.content;
    case Author::assistant:
      break;
  }
  std::string text = "Assistant: " + message.content;
  for (const auto& call : message.calls) text += call_text(call);
  return text;
}

class Plain final : public TokenizedFormat {
 public:
  Plain(const model::Tokenizer& tokenizer, const Settings& settings, std::set<std::int32_t> stops)
      : TokenizedFormat(tokenizer, settings, std::move(stops)) {}

  [[nodiscard]] Rendered prompt(const Conversation& conversation) const override;
  [[nodiscard]] std::unique_ptr<TurnParser> parser(bool with_tools) const override {
    if (!with_tools) return std::make_unique<TextParser>(tokenizer_, stops_);
    return make_hermes_parser(tokenizer_,
                              {.stops = stops_, .stop_text = "</tool_call>", .calls = true});
  }
  [[nodiscard]] Replies replies(std::int32_t stop,
                                std::span<const ToolOutput> outputs) const override;
  [[nodiscard]] std::vector<std::int32_t> auxiliary(
      std::span<const OpenCursor> open) const override;
  /// Base models go on after the command.
  [[nodiscard]] bool completes_auxiliary(std::span<const std::int32_t> generated) const override {
    const bool closes = tokenizer_.decode(generated.last(1)).find('}') != std::string::npos;
    return closes && holds_del_cursors(tokenizer_.decode(generated));
  }

 private:
  [[nodiscard]] Rendered transcript(const Conversation& conversation) const;
};

Rendered Plain::transcript(const Conversation& conversation) const {
  TokenWriter out(tokenizer_);
  std::int32_t index = 0;
  std::string_view separator;
  if (!conversation.tools.empty()) {
    out.begin(0, Part::content).text(tools_text(conversation));
    separator = "\n\n";
  }
  for (const auto& message : conversation.messages) {
    const bool is_tool = message.author == Author::tool;
    out.begin(index++, is_tool ? Part::response : Part::content);
    out.text(separator).text(message_text(message));
    separator = "\n\n";
  }
  out.begin(index, Part::header).text(kTurn);
  return out.finish();
}

Rendered Plain::prompt(const Conversation& conversation) const {
  const auto& messages = conversation.messages;
  const bool is_raw =
      conversation.tools.empty() && messages.size() == 1 && messages.front().author == Author::user;
  Rendered rendered =
      is_raw ? TokenWriter(tokenizer_).begin(0, Part::content).text(messages[0].content).finish()
             : transcript(conversation);
  const auto& prefix = tokenizer_.bos_prefix();
  if (prefix.empty()) return rendered;
  const auto shift = static_cast<std::int32_t>(prefix.size());
  for (auto& part : rendered.parts) part.tokens.first += shift;
  rendered.tokens.insert(rendered.tokens.begin(), prefix.begin(), prefix.end());
  rendered.parts.insert(rendered.parts.begin(),
                        {.message = 0, .part = Part::header, .tokens = {0, shift}});
  return rendered;
}

Replies Plain::replies(std::int32_t stop, std::span<const ToolOutput> outputs) const {
  const auto count = static_cast<std::int32_t>(outputs.size());
  TokenWriter out(tokenizer_);
  for (std::int32_t i = 0; i < count; ++i) {
    out.begin(i, Part::response).text("\n\nTool: ");
    out.text(outputs[static_cast<std::size_t>(i)].text);
  }
  out.begin(count, Part::header).text(kTurn);
  return replies_of(stop, out.finish(), outputs.size());
}

std::vector<std::int32_t> Plain::auxiliary(std::span<const OpenCursor> open) const {
  TokenWriter out(tokenizer_);
  out.text(" ").text(kAuxTrigger).text("\n");
  if (settings_.aux_instructions) out.text(auxiliary_instructions(open)).text(kTurn);
  return out.finish().tokens;
}

}  // namespace

std::unique_ptr<Format> make_plain(const model::Tokenizer& tokenizer, const Settings& settings,
                                   std::set<std::int32_t> stops) {
  return std::make_unique<Plain>(tokenizer, settings, std::move(stops));
}

}  // namespace pagequest::agent::chat
