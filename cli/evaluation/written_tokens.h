// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/event_sink.h"

namespace pagequest::cli {

/// Collects the tokens that the model wrote on the main threads of episodes, in order. The token
/// that ends a turn is none of them: it comes with the tool's response, or never.
class WrittenTokens final : public EventSink {
 public:
  void on(const Event& event) override {
    std::visit(
        Overloaded{
            [this](const TurnBegan& began) { episodes_[began.episode].writes = true; },
            [this](const ToolResponded& answer) { episodes_[answer.episode].writes = false; },
            [this](const TokensFilled& filled) { fill(filled); }, [](const auto&) {}},
        event);
  }
  [[nodiscard]] bool wants_attention() const override { return false; }

  /// Of an episode that has ended; it is forgotten then.
  [[nodiscard]] std::vector<std::int32_t> take(EpisodeId episode) {
    auto node = episodes_.extract(episode);
    return node ? std::move(node.mapped().tokens) : std::vector<std::int32_t>();
  }

 private:
  struct Written {
    bool writes = false;  // a turn is under way
    std::vector<std::int32_t> tokens;
  };

  void fill(const TokensFilled& filled) {
    if (filled.thread != Thread::main) return;
    Written& written = episodes_[filled.episode];
    if (!written.writes) return;
    written.tokens.insert(written.tokens.end(), filled.tokens.begin(), filled.tokens.end());
  }

  std::map<EpisodeId, Written> episodes_;
};

}  // namespace pagequest::cli
