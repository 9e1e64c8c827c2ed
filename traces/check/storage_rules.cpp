// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/storage_rules.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace pagequest::traces {
namespace {

constexpr std::int32_t kMostBits = 16;

bool is_scope(const TokensRequantised& event, const Header& header) {
  if (event.layer < 0) return event.layer == -1 && event.kv_head == -1;
  return event.layer < header.layers && event.kv_head >= -1 && event.kv_head < header.kv_heads;
}

void check_bits(std::string_view what, std::int32_t bits, Findings& findings) {
  if (bits >= 1 && bits <= kMostBits) return;
  findings.add("requantisations", std::string(what) + " are stored with " + std::to_string(bits) +
                                      " bits, expected 1 to " + std::to_string(kMostBits));
}

/// Keys of the head that a step could read.
std::int32_t readable(std::int32_t layer, std::int32_t kv_head, const TokenLedger& tokens,
                      const HeadLedger* heads) {
  return heads != nullptr ? heads->of(layer, kv_head).live_tokens() : tokens.live_tokens();
}

}  // namespace

void check_requantised(const TokensRequantised& requantised, const Header& header,
                       const TokenLedger& tokens, const HeadLedger* heads, Findings& findings) {
  if (!header.captures.requantisations) {
    findings.add("requantisations", "a change of precision that the header does not announce");
  }
  check_bits("keys", requantised.key_bits, findings);
  check_bits("values", requantised.value_bits, findings);
  if (requantised.tokens < 1) findings.add("requantisations", "a change of nothing live");
  if (!is_scope(requantised, header)) {
    findings.add("requantisations", "a change in a layer or head that the model lacks");
    return;
  }
  const auto expect = [&](std::int32_t live) {
    findings.expect_equal("requantisations", "the number of tokens that change their precision",
                          requantised.tokens, live);
  };
  if (requantised.layer < 0 || heads == nullptr) return expect(tokens.live_in(requantised.span));
  const bool one = requantised.kv_head >= 0;
  const std::int32_t end = one ? requantised.kv_head + 1 : header.kv_heads;
  for (std::int32_t head = one ? requantised.kv_head : 0; head < end; ++head) {
    expect(heads->of(requantised.layer, head).live_in(requantised.span));
  }
}

void check_keys_read(const KeysRead& read, const Header& header, std::optional<std::int32_t> unread,
                     const TokenLedger& tokens, const HeadLedger* heads, Findings& findings) {
  if (!header.captures.key_reads) {
    findings.add("key-reads", "selected keys that the header does not announce");
  }
  if (unread != read.step) {
    findings.add("key-reads", "keys read of step " + std::to_string(read.step) +
                                  " don't follow the token of that decode step");
  }
  const auto numbers = static_cast<std::size_t>(header.layers * header.kv_heads);
  if (read.layers != header.layers || read.kv_heads != header.kv_heads ||
      read.tokens.size() != numbers) {
    findings.add("key-reads", "keys read of other layers or heads than the model's");
    return;
  }
  for (std::size_t plane = 0; plane < numbers; ++plane) {
    const auto layer = static_cast<std::int32_t>(plane) / header.kv_heads;
    const std::int32_t most =
        readable(layer, static_cast<std::int32_t>(plane) % header.kv_heads, tokens, heads);
    if (read.tokens[plane] >= 0 && read.tokens[plane] <= most) continue;
    findings.add("key-reads", std::to_string(read.tokens[plane]) + " keys were read of " +
                                  std::to_string(most) + " live ones");
  }
}

}  // namespace pagequest::traces
