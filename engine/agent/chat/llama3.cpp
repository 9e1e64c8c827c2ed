// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/llama3.h"

#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/agent/chat/auxiliary_prompt.h"
#include "engine/agent/chat/llama3_parser.h"
#include "engine/agent/chat/text.h"
#include "engine/agent/chat/token_writer.h"
#include "engine/agent/chat/tokenized_format.h"
#include "engine/agent/chat/tool_json.h"

namespace pagequest::agent::chat {
namespace {

constexpr std::string_view kEnd = "<|eot_id|>";
constexpr std::string_view kDefaultDate = "26 Jul 2024";

std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string tools_text(const std::vector<Function>& functions) {
  std::string text =
      "Given the following functions, please respond with a JSON for a function call with its "
      "proper arguments that best answers the given prompt.\n\nRespond in the format {\"name\": "
      "function name, \"parameters\": dictionary of argument name and its value}.Do not use "
      "variables.\n\n";
  for (const auto& function : functions) text += function_json(function, 4) + "\n\n";
  return text;
}

class Llama3 final : public TokenizedFormat {
 public:
  Llama3(const model::Tokenizer& tokenizer, const Settings& settings, std::set<std::int32_t> stops)
      : TokenizedFormat(tokenizer, settings, std::move(stops)) {
    stops_.insert(TokenWriter(tokenizer_).token(kEnd).finish().tokens.front());
    if (const auto id = tokenizer_.token_id("<|eom_id|>")) stops_.insert(*id);
  }

  [[nodiscard]] Rendered prompt(const Conversation& conversation) const override;
  [[nodiscard]] std::unique_ptr<TurnParser> parser(bool with_tools) const override {
    return make_llama3_parser(tokenizer_, stops_, with_tools);
  }
  [[nodiscard]] Replies replies(std::int32_t stop,
                                std::span<const ToolOutput> outputs) const override;
  [[nodiscard]] std::vector<std::int32_t> auxiliary(
      std::span<const OpenCursor> open) const override;

 private:
  static TokenWriter& open(TokenWriter& out, std::int32_t message, std::string_view role,
                           Part part) {
    out.begin(message, Part::header).token("<|start_header_id|>").text(role);
    return out.token("<|end_header_id|>").begin(message, part).text("\n\n");
  }
  void system(TokenWriter& out, const Conversation& conversation, bool has_message) const;
  static void message(TokenWriter& out, const Message& message, std::int32_t index,
                      std::string_view before);
};

void Llama3::system(TokenWriter& out, const Conversation& conversation, bool has_message) const {
  out.begin(0, Part::header).token("<|begin_of_text|>");
  open(out, 0, "system", Part::content);
  if (!conversation.tools.empty()) out.text("Environment: ipython\n");
  out.text("Cutting Knowledge Date: December 2023\nToday Date: ");
  out.text(settings_.date.empty() ? kDefaultDate : std::string_view(settings_.date)).text("\n\n");
  if (has_message) out.text(trimmed(conversation.messages.front().content));
  out.token(kEnd);
}

void Llama3::message(TokenWriter& out, const Message& message, std::int32_t index,
                     std::string_view before) {
  if (message.author == Author::tool) {
    open(out, index, "ipython", Part::response).text(json_string(message.content));
  } else if (!message.calls.empty()) {
    const auto& call = message.calls.front();
    open(out, index, "assistant", Part::call).text("{\"name\": \"" + call.name);
    out.text("\", \"parameters\": " + spaced_json(call.arguments) + "}");
  } else {
    const bool is_user = message.author == Author::user;
    const bool is_system = message.author == Author::system;
    open(out, index, is_user ? "user" : is_system ? "system" : "assistant", Part::content);
    out.text(before).text(trimmed(message.content));
  }
  out.token(kEnd);
}

Rendered Llama3::prompt(const Conversation& conversation) const {
  const auto& messages = conversation.messages;
  const auto count = static_cast<std::int32_t>(messages.size());
  const bool has_system = count > 0 && messages.front().author == Author::system;
  std::string tools;
  if (!conversation.tools.empty()) tools = tools_text(all_functions(conversation.tools));
  TokenWriter out(tokenizer_);
  system(out, conversation, has_system);
  for (std::int32_t i = has_system ? 1 : 0; i < count; ++i) {
    const Message& item = messages[static_cast<std::size_t>(i)];
    const bool takes_tools = item.author == Author::user && !tools.empty();
    message(out, item, i, takes_tools ? tools : "");
    if (takes_tools) tools.clear();
  }
  open(out, count, "assistant", Part::header);
  return out.finish();
}

Replies Llama3::replies(std::int32_t stop, std::span<const ToolOutput> outputs) const {
  const auto count = static_cast<std::int32_t>(outputs.size());
  TokenWriter out(tokenizer_);
  for (std::int32_t i = 0; i < count; ++i) {
    open(out, i, "ipython", Part::response);
    out.text(json_string(outputs[static_cast<std::size_t>(i)].text)).token(kEnd);
  }
  open(out, count, "assistant", Part::header);
  return replies_of(stop, out.finish(), outputs.size());
}

std::vector<std::int32_t> Llama3::auxiliary(std::span<const OpenCursor> open_cursors) const {
  TokenWriter out(tokenizer_);
  if (!settings_.aux_instructions) return out.text(kAuxTrigger).text("\n").finish().tokens;
  out.token(kEnd);
  open(out, 0, "user", Part::content).text(kAuxTrigger);
  out.text("\n" + auxiliary_instructions(open_cursors)).token(kEnd);
  open(out, 1, "assistant", Part::header);
  return out.finish().tokens;
}

}  // namespace

std::unique_ptr<Format> make_llama3(const model::Tokenizer& tokenizer, const Settings& settings,
                                    std::set<std::int32_t> stops) {
  return std::make_unique<Llama3>(tokenizer, settings, std::move(stops));
}

}  // namespace pagequest::agent::chat
