// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/head_ledger.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::traces {

HeadLedger::HeadLedger(const Header& header)
    : layers_(header.layers),
      kv_heads_(header.kv_heads),
      planes_(static_cast<std::size_t>(header.layers) * static_cast<std::size_t>(header.kv_heads),
              TokenLedger(header.page_size)) {}

void HeadLedger::fill(std::int32_t count) {
  for (TokenLedger& plane : planes_) plane.fill(count);
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
                          evicted.tokens, planes_[plane].evict(evicted.span));
  }
}

bool HeadLedger::holds(TokenSpan span) const {
  return std::ranges::any_of(planes_,
                             [span](const TokenLedger& plane) { return plane.live_in(span) > 0; });
}

}  // namespace pagequest::traces
