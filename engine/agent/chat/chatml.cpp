// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/chatml.h"

#include <algorithm>
#include <utility>

#include "engine/agent/chat/auxiliary_prompt.h"
#include "engine/agent/chat/hermes_parser.h"
#include "engine/agent/chat/text.h"
#include "engine/agent/chat/token_writer.h"
#include "engine/agent/chat/tokenized_format.h"
#include "engine/agent/chat/tool_json.h"

namespace pagequest::agent::chat {
namespace {

constexpr std::string_view kStart = "<|im_start|>";
constexpr std::string_view kEnd = "<|im_end|>";

std::string tools_text(const Conversation& conversation) {
  std::string text =
      "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are "
      "provided with function signatures within <tools></tools> XML tags:\n<tools>";
  for (const auto& function : all_functions(conversation.tools)) {
    text += "\n" + function_json(function, 0);
  }
  return text +
         "\n</tools>\n\nFor each function call, return a json object with function name and "
         "arguments within <tool_call></tool_call> XML tags:\n";
}

class ChatMl final : public TokenizedFormat {
 public:
  ChatMl(const model::Tokenizer& tokenizer, const Settings& settings, std::set<std::int32_t> stops)
      : TokenizedFormat(tokenizer, settings, std::move(stops)) {
    const Rendered end = TokenWriter(tokenizer_).token(kEnd).token(kStart).finish();
    stops_.insert(end.tokens.front());
  }

  [[nodiscard]] Rendered prompt(const Conversation& conversation) const override;
  [[nodiscard]] std::unique_ptr<TurnParser> parser(bool with_tools) const override {
    return make_hermes_parser(tokenizer_, {.stops = stops_, .stop_text = {}, .calls = with_tools});
  }
  [[nodiscard]] Replies replies(std::int32_t stop,
                                std::span<const ToolOutput> outputs) const override;
  [[nodiscard]] std::vector<std::int32_t> auxiliary(
      std::span<const OpenCursor> open) const override;

 private:
  static void open(TokenWriter& out, std::int32_t message) {
    out.begin(message, Part::header).token(kStart).begin(message, Part::content);
  }
  static void close(TokenWriter& out) { out.token(kEnd).text("\n"); }
  void system(TokenWriter& out, const Conversation& conversation, bool has_message) const;
  void assistant(TokenWriter& out, const Message& message, std::int32_t index,
                 bool with_thought) const;
  void call(TokenWriter& out, const ToolCall& call) const;
  void response(TokenWriter& out, std::string_view text) const;
  void generation_header(TokenWriter& out, std::int32_t message) const;
};

void ChatMl::system(TokenWriter& out, const Conversation& conversation, bool has_message) const {
  if (!has_message && conversation.tools.empty()) return;
  open(out, 0);
  out.text("system\n");
  if (has_message) out.text(conversation.messages.front().content);
  if (!conversation.tools.empty()) {
    if (has_message) out.text("\n\n");
    out.text(tools_text(conversation)).marker("<tool_call>");
    out.text("\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n");
    out.marker("</tool_call>");
  }
  close(out);
}

void ChatMl::call(TokenWriter& out, const ToolCall& call) const {
  out.marker("<tool_call>").text("\n{\"name\": \"" + call.name + "\", \"arguments\": ");
  out.text(spaced_json(call.arguments) + "}\n").marker("</tool_call>");
}

/// As the template does, reasoning is shown in the turns after the last question only.
void ChatMl::assistant(TokenWriter& out, const Message& message, std::int32_t index,
                       bool with_thought) const {
  open(out, index);
  out.text("assistant\n");
  if (with_thought) {
    out.begin(index, Part::thought).marker("<think>");
    out.text("\n" + stripped(message.thinking, '\n') + "\n").marker("</think>").text("\n\n");
    out.begin(index, Part::content);
  }
  const auto newlines = with_thought ? message.content.find_first_not_of('\n') : 0;
  const auto content = newlines == std::string::npos ? "" : message.content.substr(newlines);
  out.text(content);
  bool separates = !content.empty();
  for (const auto& item : message.calls) {
    if (separates) out.text("\n");
    separates = true;
    call(out.begin(index, Part::call), item);
    out.begin(index, Part::content);
  }
  close(out);
}

void ChatMl::response(TokenWriter& out, std::string_view text) const {
  out.text("\n").marker("<tool_response>").text("\n").text(text).text("\n");
  out.marker("</tool_response>");
}

void ChatMl::generation_header(TokenWriter& out, std::int32_t message) const {
  out.begin(message, Part::header).token(kStart).text("assistant\n");
  // Without the token, the model knows no reasoning that could be switched off.
  if (settings_.thinking || !tokenizer_.token_id("<think>")) return;
  out.marker("<think>").text("\n\n").marker("</think>").text("\n\n");
}

Rendered ChatMl::prompt(const Conversation& conversation) const {
  const auto& messages = conversation.messages;
  const auto count = static_cast<std::int32_t>(messages.size());
  const auto is_user = [](const Message& m) { return m.author == Author::user; };
  const auto last_user = std::find_if(messages.rbegin(), messages.rend(), is_user);
  const auto last_query = static_cast<std::int32_t>(messages.rend() - last_user) - 1;
  const bool has_system = count > 0 && messages.front().author == Author::system;
  TokenWriter out(tokenizer_);
  system(out, conversation, has_system);
  for (std::int32_t i = has_system ? 1 : 0; i < count; ++i) {
    const Message& message = messages[static_cast<std::size_t>(i)];
    if (message.author == Author::assistant) {
      const bool last = i + 1 == count;
      assistant(out, message, i, i > last_query && (last || !message.thinking.empty()));
    } else if (message.author == Author::tool) {
      const bool first = i == 0 || messages[static_cast<std::size_t>(i) - 1].author != Author::tool;
      const bool last =
          i + 1 == count || messages[static_cast<std::size_t>(i) + 1].author != Author::tool;
      if (first) out.begin(i, Part::header).token(kStart).text("user");
      response(out.begin(i, Part::response), message.content);
      if (last) close(out);
    } else {
      open(out, i);
      out.text(message.author == Author::user ? "user\n" : "system\n").text(message.content);
      close(out);
    }
  }
  generation_header(out, count);
  return out.finish();
}

Replies ChatMl::replies(std::int32_t stop, std::span<const ToolOutput> outputs) const {
  const bool single = outputs.size() == 1;
  const auto count = static_cast<std::int32_t>(outputs.size());
  TokenWriter out(tokenizer_);
  out.begin(-1, Part::content).text("\n");
  // A single response goes with its user turn; several share the turn, so it stays.
  out.begin(single ? 0 : -1, Part::header).token(kStart).text("user");
  for (std::int32_t i = 0; i < count; ++i) {
    response(out.begin(i, Part::response), outputs[static_cast<std::size_t>(i)].text);
  }
  close(out.begin(single ? 0 : -1, Part::content));
  generation_header(out, count);
  return replies_of(stop, out.finish(), outputs.size());
}

std::vector<std::int32_t> ChatMl::auxiliary(std::span<const OpenCursor> open_cursors) const {
  TokenWriter out(tokenizer_);
  if (!settings_.aux_instructions) {
    return out.text(kAuxTrigger).text("\n").finish().tokens;
  }
  close(out);
  open(out, 0);
  out.text("user\n").text(kAuxTrigger).text("\n" + auxiliary_instructions(open_cursors));
  close(out);
  generation_header(out, 1);
  return out.finish().tokens;
}

}  // namespace

std::unique_ptr<Format> make_chatml(const model::Tokenizer& tokenizer, const Settings& settings,
                                    std::set<std::int32_t> stops) {
  return std::make_unique<ChatMl>(tokenizer, settings, std::move(stops));
}

}  // namespace pagequest::agent::chat
