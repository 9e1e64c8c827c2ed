// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/chat/pocket.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "engine/agent/chat/auxiliary_prompt.h"

namespace pagequest::agent::chat {
namespace {

std::int32_t single(const model::Tokenizer& tokenizer, std::string_view word) {
  const auto tokens = tokenizer.encode(word);
  if (tokens.size() == 1 && tokenizer.decode(tokens) == word) return tokens[0];
  throw input_error({.what = "the model's tokenizer does not know a word of the task",
                     .where = "tokenizer.json",
                     .found = {},
                     .expected = "`" + std::string(word) + "` as one token",
                     .hint = "use a model that was trained for this task, e.g. engine/pocket"});
}

struct MarkerIds {
  MarkerIds(const model::Tokenizer& tokenizer, const PocketMarkers& markers)
      : call(single(tokenizer, markers.call)),
        end_of_call(single(tokenizer, markers.end_of_call)),
        answer(single(tokenizer, markers.answer)),
        end_of_answer(single(tokenizer, markers.end_of_answer)),
        end_of_aux(single(tokenizer, markers.end_of_aux)) {}

  std::int32_t call, end_of_call, answer, end_of_answer, end_of_aux;
};

class PocketParser final : public TurnParser {
 public:
  PocketParser(const model::Tokenizer& tokenizer, const MarkerIds& ids)
      : tokenizer_(tokenizer), ids_(ids) {}

  bool push(std::int32_t token) override {
    tokens_.push_back(token);
    return token == ids_.end_of_call || token == ids_.end_of_answer;
  }
  [[nodiscard]] std::span<const std::int32_t> tokens() const override { return tokens_; }
  [[nodiscard]] Turn turn() const override;

 private:
  const model::Tokenizer& tokenizer_;
  const MarkerIds& ids_;
  std::vector<std::int32_t> tokens_;
};

Turn PocketParser::turn() const {
  Turn turn;
  if (tokens_.empty()) return turn;
  const bool is_call = tokens_.back() == ids_.end_of_call;
  if (!is_call && tokens_.back() != ids_.end_of_answer) return turn;
  const auto opening = std::find(tokens_.begin(), tokens_.end(), is_call ? ids_.call : ids_.answer);
  if (opening == tokens_.end()) return turn;
  const auto first = opening - tokens_.begin();
  const auto size = std::ssize(tokens_);
  const TokenSpan span{.first = static_cast<std::int32_t>(first),
                       .count = static_cast<std::int32_t>(size - first)};
  const std::span<const std::int32_t> all = tokens_;
  const std::string text = tokenizer_.decode(
      all.subspan(static_cast<std::size_t>(first) + 1, static_cast<std::size_t>(size - first) - 2));
  turn.thought = tokenizer_.decode(all.first(static_cast<std::size_t>(first)));
  turn.thought_tokens = {.first = 0, .count = span.first};
  turn.kind = is_call ? TurnKind::calls : TurnKind::answer;
  if (is_call) {
    turn.calls.push_back(
        {.call = {.name = text.substr(0, text.find(' ')), .arguments = text}, .tokens = span});
  } else {
    turn.answer = text;
    turn.answer_tokens = span;
  }
  return turn;
}

class Pocket final : public Format {
 public:
  Pocket(const model::Tokenizer& tokenizer, const PocketMarkers& markers)
      : tokenizer_(tokenizer), ids_(tokenizer, markers), trigger_(tokenizer.encode(kAuxTrigger)) {}

  [[nodiscard]] Rendered prompt(const Conversation& conversation) const override {
    Rendered out{.tokens = tokenizer_.encode(conversation.messages.at(0).content), .parts = {}};
    const auto count = static_cast<std::int32_t>(out.tokens.size());
    out.parts = {{.message = 0, .part = Part::content, .tokens = {0, count}}};
    return out;
  }
  [[nodiscard]] std::unique_ptr<TurnParser> parser(bool /*with_tools*/) const override {
    return std::make_unique<PocketParser>(tokenizer_, ids_);
  }
  [[nodiscard]] Replies replies(std::int32_t stop,
                                std::span<const ToolOutput> outputs) const override {
    Replies out{.stop_token = stop, .tokens = {}, .responses = {}};
    for (const auto& output : outputs) {
      const auto ids = tokenizer_.encode(output.text);
      out.responses.push_back({.first = static_cast<std::int32_t>(out.tokens.size()),
                               .count = static_cast<std::int32_t>(ids.size())});
      out.tokens.insert(out.tokens.end(), ids.begin(), ids.end());
    }
    return out;
  }
  [[nodiscard]] std::vector<std::int32_t> auxiliary(
      std::span<const OpenCursor> /*open*/) const override {
    return trigger_;
  }
  [[nodiscard]] bool ends_auxiliary(std::int32_t token) const override {
    return token == ids_.end_of_aux;
  }
  [[nodiscard]] std::string decode(std::span<const std::int32_t> tokens) const override {
    return tokenizer_.decode(tokens);
  }

 private:
  const model::Tokenizer& tokenizer_;
  MarkerIds ids_;
  std::vector<std::int32_t> trigger_;
};

}  // namespace

std::unique_ptr<Format> make_pocket(const model::Tokenizer& tokenizer,
                                    const PocketMarkers& markers) {
  return std::make_unique<Pocket>(tokenizer, markers);
}

}  // namespace pagequest::agent::chat
