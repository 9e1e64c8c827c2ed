// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"
#include "engine/kv/eviction_policy.h"
#include "engine/kv/live_tokens.h"

namespace pagequest::kv {

/// With how many bits each (layer, KV head) stores each token of one sequence: a model of bytes. A
/// token is filled with 16 bits an element and weighs (key bits + value bits) / 32, so the weights
/// of live tokens sum to the tokens of full precision that would take as much room. Scales and zero
/// points of quantised groups are not counted.
class StoredBits {
 public:
  explicit StoredBits(std::int32_t planes);

  void fill(std::int32_t count);
  /// Tells that the plane is about to lose the live tokens of the span.
  void evict(std::int32_t plane, const LiveTokens& live, TokenSpan span);
  /// The live tokens of the span take so much from now on.
  void store(std::int32_t plane, const LiveTokens& live, TokenSpan span,
             const Precision& precision);

  /// Sum of the weights over all planes and live tokens.
  [[nodiscard]] double full_tokens() const;

 private:
  std::vector<std::vector<std::uint8_t>> bits_;  // (plane, position): of a key and a value element
  std::int64_t sum_ = 0;                         // bits of live tokens
};

}  // namespace pagequest::kv
