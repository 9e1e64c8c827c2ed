// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/harmony_parser.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/agent/chat/text.h"
#include "engine/agent/chat/turn_text.h"

namespace pagequest::agent::chat {
namespace {

constexpr std::string_view kMessage = "<|message|>";
constexpr std::string_view kChannel = "<|channel|>";
constexpr std::string_view kCall = "<|call|>";
constexpr std::array<std::string_view, 3> kEnds = {"<|end|>", "<|return|>", kCall};

/// One message of a turn; offsets are bytes of the turn's text.
struct Written {
  std::string channel;
  std::string recipient;
  std::string_view content;
  std::string_view ended_by;  // "": the text ran out
  std::size_t first = 0;
  std::size_t end = 0;
};

/// The word that follows `key` in a header: up to white space or the next special token.
std::string word_after(std::string_view header, std::string_view key) {
  const auto at = header.find(key);
  if (at == std::string_view::npos) return {};
  const auto word = header.substr(at + key.size());
  return std::string(word.substr(0, word.find_first_of(" \n\t<")));
}

std::optional<Written> read_message(std::string_view text, std::size_t first) {
  const auto message = text.find(kMessage, first);
  if (message == std::string_view::npos) return std::nullopt;
  const auto header = text.substr(first, message - first);
  const auto begin = message + kMessage.size();
  Written out{.channel = word_after(header, kChannel),
              .recipient = word_after(header, "to="),
              .content = text.substr(begin),
              .ended_by = {},
              .first = first,
              .end = text.size()};
  for (const auto end : kEnds) {
    const auto at = text.find(end, begin);
    if (at == std::string_view::npos || at >= out.end) continue;
    out.content = text.substr(begin, at - begin);
    out.ended_by = end;
    out.end = at + end.size();
  }
  return out;
}

class HarmonyParser final : public TurnParser {
 public:
  HarmonyParser(const model::Tokenizer& tokenizer, std::set<std::int32_t> stops, bool with_tools)
      : text_(tokenizer), stops_(std::move(stops)), with_tools_(with_tools) {}

  bool push(std::int32_t token) override {
    text_.push(token);
    return stops_.contains(token);
  }
  [[nodiscard]] std::span<const std::int32_t> tokens() const override { return text_.tokens(); }
  [[nodiscard]] Turn turn() const override;

 private:
  [[nodiscard]] bool add(const Written& message, Turn& turn) const;

  TurnText text_;
  std::set<std::int32_t> stops_;
  bool with_tools_;
};

bool HarmonyParser::add(const Written& message, Turn& turn) const {
  const TokenSpan tokens = text_.tokens_of(message.first, message.end);
  if (!message.recipient.empty() && message.recipient != "assistant") {
    if (message.ended_by != kCall || !with_tools_) return false;
    turn.calls.push_back(
        {.call = {.name = message.recipient, .arguments = trimmed(message.content)},
         .tokens = tokens});
    turn.kind = TurnKind::calls;
  } else if (message.channel == "final") {
    turn.answer = trimmed(message.content);
    turn.answer_tokens = tokens;
    turn.kind = TurnKind::answer;
  } else if (!message.channel.empty()) {
    turn.thought += (turn.thought.empty() ? "" : "\n") + trimmed(message.content);
    if (turn.thought_tokens.count == 0) turn.thought_tokens.first = tokens.first;
    turn.thought_tokens.count = tokens.end() - turn.thought_tokens.first;
  }
  return !message.channel.empty();
}

Turn HarmonyParser::turn() const {
  Turn turn;
  const std::string_view text = text_.text();
  for (std::size_t at = 0; at < text.size();) {
    const auto message = read_message(text, at);
    if (!message || !add(*message, turn)) return {};
    if (message->ended_by != kEnds[0]) break;
    at = message->end;
  }
  return turn;
}

}  // namespace

std::unique_ptr<TurnParser> make_harmony_parser(const model::Tokenizer& tokenizer,
                                                std::set<std::int32_t> stops, bool with_tools) {
  return std::make_unique<HarmonyParser>(tokenizer, std::move(stops), with_tools);
}

}  // namespace pagequest::agent::chat
