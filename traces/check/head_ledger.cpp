// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/head_ledger.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::traces {

HeadLedger::HeadLedger(const Header& header)
    : layers_(header.layers),
      kv_heads_(header.kv_heads),
      live_(static_cast<std::size_t>(header.layers) * static_cast<std::size_t>(header.kv_heads)) {}

void HeadLedger::fill(std::int32_t count) {
  for (auto& live : live_) live.insert(live.end(), static_cast<std::size_t>(count), 1);
}

void HeadLedger::evict(const HeadTokensEvicted& evicted, Findings& findings) {
  const bool one = evicted.kv_head >= 0;
  if (evicted.layer < 0 || evicted.layer >= layers_ || evicted.kv_head >= kv_heads_) {
    findings.add("head-evictions", "an eviction from a layer or head that the model lacks");
    return;
  }
  const std::int32_t first = one ? evicted.kv_head : 0;
  const std::int32_t end = one ? evicted.kv_head + 1 : kv_heads_;
  for (std::int32_t head = first; head < end; ++head) {
    const auto plane = static_cast<std::size_t>(evicted.layer * kv_heads_ + head);
    findings.expect_equal("head-evictions", "the number of tokens evicted from a head",
                          evicted.tokens, evict_from(plane, evicted.span));
  }
}

std::int32_t HeadLedger::evict_from(std::size_t plane, TokenSpan span) {
  std::vector<char>& live = live_[plane];
  const std::int64_t end =
      std::min<std::int64_t>(std::int64_t{span.first} + span.count, std::ssize(live));
  std::int32_t evicted = 0;
  for (std::int64_t position = std::max(span.first, 0); position < end; ++position) {
    evicted += live[static_cast<std::size_t>(position)];
    live[static_cast<std::size_t>(position)] = 0;
  }
  return evicted;
}

std::int32_t HeadLedger::held(TokenSpan span) const {
  const std::int64_t length = live_.empty() ? 0 : std::ssize(live_[0]);
  const std::int64_t end = std::min<std::int64_t>(std::int64_t{span.first} + span.count, length);
  std::int32_t held = 0;
  for (std::int64_t position = std::max(span.first, 0); position < end; ++position) {
    held += std::ranges::any_of(live_, [position](const auto& live) {
      return live[static_cast<std::size_t>(position)] != 0;
    });
  }
  return held;
}

}  // namespace pagequest::traces
