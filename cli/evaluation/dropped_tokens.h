// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "base/event_sink.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::cli {

/// Counts the tokens that policies dropped from episodes, as means over layers and KV heads: a
/// token that a quarter of the heads lost is a quarter.
class DroppedTokens final : public EventSink {
 public:
  explicit DroppedTokens(const kv::KvShape& shape) : shape_(shape) {}

  void on(const Event& event) override {
    if (const auto* evicted = std::get_if<TokensEvicted>(&event)) {
      episodes_[evicted->episode].from_all += evicted->tokens;
    }
    if (const auto* evicted = std::get_if<HeadTokensEvicted>(&event)) {
      const std::int64_t heads = evicted->kv_head < 0 ? shape_.kv_heads : 1;
      episodes_[evicted->episode].from_heads += heads * evicted->tokens;
    }
  }
  [[nodiscard]] bool wants_attention() const override { return false; }

  /// Of an episode that has ended; it is forgotten then.
  [[nodiscard]] double take(EpisodeId episode) {
    const auto node = episodes_.extract(episode);
    if (!node) return 0.0;
    const Dropped& dropped = node.mapped();
    // What no head holds any more is told of again, as dropped from all.
    if (dropped.from_heads == 0) return static_cast<double>(dropped.from_all);
    return static_cast<double>(dropped.from_heads) / (shape_.layers * shape_.kv_heads);
  }

 private:
  struct Dropped {
    std::int64_t from_all = 0;
    std::int64_t from_heads = 0;  // (layer, KV head) tokens
  };

  kv::KvShape shape_;
  std::map<EpisodeId, Dropped> episodes_;
};

}  // namespace pagequest::cli
