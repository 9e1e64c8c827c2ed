// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/hermes_parser.h"

#include <string_view>
#include <utility>

#include "engine/agent/chat/text.h"
#include "engine/agent/chat/tool_json.h"
#include "engine/agent/chat/turn_text.h"

namespace pagequest::agent::chat {
namespace {

constexpr std::string_view kOpenThought = "<think>";
constexpr std::string_view kCloseThought = "</think>";
constexpr std::string_view kOpenCall = "<tool_call>";
constexpr std::string_view kCloseCall = "</tool_call>";

class HermesParser final : public TurnParser {
 public:
  HermesParser(const model::Tokenizer& tokenizer, HermesOptions options)
      : text_(tokenizer), options_(std::move(options)) {}

  bool push(std::int32_t token) override {
    if (stopped_by_token_) return true;
    body_ = text_.text().size();
    text_.push(token);
    stopped_by_token_ = options_.stops.contains(token);
    if (!stopped_by_token_) body_ = text_.text().size();
    return stopped_by_token_ || ends_with_stop_text();
  }
  [[nodiscard]] std::span<const std::int32_t> tokens() const override { return text_.tokens(); }
  [[nodiscard]] Turn turn() const override;

 private:
  [[nodiscard]] bool ends_with_stop_text() const {
    return !options_.stop_text.empty() && trimmed(text_.text()).ends_with(options_.stop_text);
  }
  [[nodiscard]] bool read_thought(Turn& turn, std::size_t& at) const;
  [[nodiscard]] bool read_calls(Turn& turn, std::size_t at) const;
  [[nodiscard]] std::string_view body() const {
    return std::string_view(text_.text()).substr(0, body_);
  }

  TurnText text_;
  HermesOptions options_;
  bool stopped_by_token_ = false;
  std::size_t body_ = 0;  // bytes of text before the stop token
};

bool HermesParser::read_thought(Turn& turn, std::size_t& at) const {
  const auto close = body().find(kCloseThought);
  const auto open = body().find(kOpenThought);
  if (close == std::string_view::npos) return open == std::string_view::npos;
  at = close + kCloseThought.size();
  const auto begin = open < close ? open + kOpenThought.size() : 0;
  turn.thought = trimmed(body().substr(begin, close - begin));
  turn.thought_tokens = text_.tokens_of(open < close ? open : 0, at);
  return true;
}

bool HermesParser::read_calls(Turn& turn, std::size_t at) const {
  while (options_.calls && (at = body().find(kOpenCall, at)) != std::string_view::npos) {
    const auto begin = at + kOpenCall.size();
    const auto close = body().find(kCloseCall, begin);
    if (close == std::string_view::npos) return false;
    const auto call = parse_call_object(body().substr(begin, close - begin), "arguments");
    if (!call) return false;
    const auto end = close + kCloseCall.size();
    turn.calls.push_back({.call = *call, .tokens = text_.tokens_of(at, end)});
    at = end;
  }
  return true;
}

Turn HermesParser::turn() const {
  Turn turn;
  std::size_t at = 0;
  if (!read_thought(turn, at) || !read_calls(turn, at)) return turn;
  const auto rest = body().substr(at);
  turn.answer = trimmed(turn.calls.empty() ? rest : rest.substr(0, rest.find(kOpenCall)));
  if (!turn.calls.empty()) {
    turn.kind = TurnKind::calls;
  } else if (!turn.answer.empty()) {
    turn.kind = TurnKind::answer;
    turn.answer_tokens = text_.tokens_of(at, body_);
  }
  return turn;
}

}  // namespace

std::unique_ptr<TurnParser> make_hermes_parser(const model::Tokenizer& tokenizer,
                                               HermesOptions options) {
  return std::make_unique<HermesParser>(tokenizer, std::move(options));
}

}  // namespace pagequest::agent::chat
