// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace pagequest::ops {

/// How the keys and values of one layer lie in memory: (page, KV head) blocks, each
///   keys   (head_dim, token_stride)   a component of all tokens of the page side by side
///   values (page_size, value_stride)  a token's components side by side
/// so that both the scores (over tokens) and the output (over components) are sums of whole vectors
/// without a horizontal step. Strides are rounded up to the widest vector.
struct KvLayout {
  std::int64_t kv_heads;
  std::int64_t head_dim;
  std::int64_t page_size;  // tokens

  static constexpr std::int64_t kWidestVector = 16;  // floats

  static constexpr std::int64_t round_up(std::int64_t n) {
    return (n + kWidestVector - 1) / kWidestVector * kWidestVector;
  }
  [[nodiscard]] constexpr std::int64_t token_stride() const { return round_up(page_size); }
  [[nodiscard]] constexpr std::int64_t value_stride() const { return round_up(head_dim); }
  [[nodiscard]] constexpr std::int64_t values_offset() const { return head_dim * token_stride(); }
  [[nodiscard]] constexpr std::int64_t block_floats() const {
    return values_offset() + page_size * value_stride();
  }
  [[nodiscard]] constexpr std::int64_t page_floats() const { return kv_heads * block_floats(); }

  /// Stores one token's key and value (head_dim floats each) at `slot` of a block.
  void store(float* block, std::int64_t slot, const float* key, const float* value) const {
    for (std::int64_t i = 0; i < head_dim; ++i) block[i * token_stride() + slot] = key[i];
    float* out = block + values_offset() + slot * value_stride();
    for (std::int64_t i = 0; i < head_dim; ++i) out[i] = value[i];
  }
};

}  // namespace pagequest::ops
