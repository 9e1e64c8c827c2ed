// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/harmony.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "engine/agent/chat/auxiliary_prompt.h"
#include "engine/agent/chat/harmony_parser.h"
#include "engine/agent/chat/harmony_text.h"
#include "engine/agent/chat/token_writer.h"
#include "engine/agent/chat/tokenized_format.h"
#include "engine/agent/chat/tool_json.h"

namespace pagequest::agent::chat {
namespace {

constexpr std::string_view kStart = "<|start|>";
constexpr std::string_view kEnd = "<|end|>";
constexpr std::string_view kMessage = "<|message|>";
constexpr std::string_view kChannel = "<|channel|>";
constexpr std::string_view kCall = "<|call|>";
constexpr std::string_view kReturn = "<|return|>";

bool is_final(const Message& message) {
  return message.author == Author::assistant && message.calls.empty();
}

class Harmony final : public TokenizedFormat {
 public:
  Harmony(const model::Tokenizer& tokenizer, const Settings& settings, std::set<std::int32_t> stops)
      : TokenizedFormat(tokenizer, settings, std::move(stops)),
        end_(id_of(kEnd)),
        return_(id_of(kReturn)) {
    stops_.insert({return_, id_of(kCall)});
  }

  [[nodiscard]] Rendered prompt(const Conversation& conversation) const override;
  [[nodiscard]] std::unique_ptr<TurnParser> parser(bool with_tools) const override {
    return make_harmony_parser(tokenizer_, stops_, with_tools);
  }
  [[nodiscard]] Replies replies(std::int32_t stop,
                                std::span<const ToolOutput> outputs) const override;
  [[nodiscard]] std::vector<std::int32_t> auxiliary(
      std::span<const OpenCursor> open) const override;

 private:
  [[nodiscard]] std::int32_t id_of(std::string_view token) const {
    return TokenWriter(tokenizer_).token(token).finish().tokens.front();
  }
  static TokenWriter& open(TokenWriter& out, std::int32_t message, std::string_view role,
                           std::string_view channel, Part part);
  static void assistant(TokenWriter& out, const Message& message, std::int32_t index,
                        bool keeps_thought);
  static void call(TokenWriter& out, const ToolCall& call, std::int32_t index);
  static void response(TokenWriter& out, std::string_view tool, std::string_view text,
                       std::int32_t index) {
    open(out, index, std::string(tool) + " to=assistant", "commentary", Part::response);
    out.text(text).token(kEnd);
  }

  std::int32_t end_;
  std::int32_t return_;
};

TokenWriter& Harmony::open(TokenWriter& out, std::int32_t message, std::string_view role,
                           std::string_view channel, Part part) {
  out.begin(message, Part::header).token(kStart).text(role);
  if (!channel.empty()) out.token(kChannel).text(channel);
  return out.token(kMessage).begin(message, part);
}

void Harmony::call(TokenWriter& out, const ToolCall& call, std::int32_t index) {
  out.begin(index, Part::call).token(kStart).text("assistant").token(kChannel);
  if (call.name.starts_with("functions.")) {
    out.text("commentary to=" + call.name + " ").token("<|constrain|>").text("json");
  } else {
    out.text("commentary to=" + call.name + " code");
  }
  out.token(kMessage).text(call.arguments).token(kCall);
}

void Harmony::assistant(TokenWriter& out, const Message& message, std::int32_t index,
                        bool keeps_thought) {
  if (keeps_thought && !message.thinking.empty()) {
    open(out, index, "assistant", "analysis", Part::thought).text(message.thinking).token(kEnd);
  }
  for (const auto& item : message.calls) call(out, item, index);
  if (!message.calls.empty()) return;
  open(out, index, "assistant", "final", Part::content).text(message.content).token(kEnd);
}

Rendered Harmony::prompt(const Conversation& conversation) const {
  const auto& messages = conversation.messages;
  const auto count = static_cast<std::int32_t>(messages.size());
  const bool has_system = count > 0 && messages.front().author == Author::system;
  const auto last = std::find_if(messages.rbegin(), messages.rend(), is_final);
  const auto last_final = static_cast<std::int32_t>(messages.rend() - last) - 1;
  TokenWriter out(tokenizer_);
  open(out, 0, "system", "", Part::content);
  out.text(harmony_system(settings_, conversation.tools)).token(kEnd);
  const auto developer =
      harmony_developer(has_system ? messages.front().content : "", conversation.tools);
  if (!developer.empty()) open(out, 0, "developer", "", Part::content).text(developer).token(kEnd);
  for (std::int32_t i = has_system ? 1 : 0; i < count; ++i) {
    const Message& message = messages[static_cast<std::size_t>(i)];
    if (message.author == Author::assistant) {
      assistant(out, message, i, i > last_final);
    } else if (message.author == Author::tool) {
      response(out, message.tool, message.content, i);
    } else {
      const bool is_user = message.author == Author::user;
      open(out, i, is_user ? "user" : "developer", "", Part::content);
      out.text(message.content).token(kEnd);
    }
  }
  out.begin(count, Part::header).token(kStart).text("assistant");
  return out.finish();
}

Replies Harmony::replies(std::int32_t stop, std::span<const ToolOutput> outputs) const {
  const auto count = static_cast<std::int32_t>(outputs.size());
  TokenWriter out(tokenizer_);
  for (std::int32_t i = 0; i < count; ++i) {
    const auto& output = outputs[static_cast<std::size_t>(i)];
    response(out, output.tool, output.text, i);
  }
  out.begin(count, Part::header).token(kStart).text("assistant");
  return replies_of(stop == return_ ? end_ : stop, out.finish(), outputs.size());
}

std::vector<std::int32_t> Harmony::auxiliary(std::span<const OpenCursor> open_cursors) const {
  TokenWriter out(tokenizer_);
  out.token(kChannel).text("analysis").token(kMessage).text(kAuxTrigger);
  if (!settings_.aux_instructions) return out.text("\n").finish().tokens;
  out.token(kEnd);
  open(out, 0, "developer", "", Part::content).text(auxiliary_instructions(open_cursors));
  out.token(kEnd).token(kStart).text("assistant");
  return out.finish().tokens;
}

}  // namespace

std::unique_ptr<Format> make_harmony(const model::Tokenizer& tokenizer, const Settings& settings,
                                     std::set<std::int32_t> stops) {
  return std::make_unique<Harmony>(tokenizer, settings, std::move(stops));
}

}  // namespace pagequest::agent::chat
