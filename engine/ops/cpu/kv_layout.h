// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pagequest::ops {

/// How keys and values are stored.
enum class KvType : std::uint8_t {
  f32,
  bf16,
  int8,  // one f32 scale a token and head, for its key and for its value
};

[[nodiscard]] std::string_view to_string(KvType type);

/// The numbers of a KvLayout, without functions: for code that is compiled for several instruction
/// sets and must not share any.
struct KvShape {
  KvType type;
  std::int64_t head_dim;
  std::int64_t page_size;
  std::int64_t token_stride;
  std::int64_t value_stride;
  std::int64_t values_offset;  // bytes
  std::int64_t scales_offset;  // bytes
};

/// How one page's keys and values of one layer and KV head lie in memory: a block of
///   keys    (head_dim / w, token_stride, w)  a component of all tokens of the page side by side
///   values  (page_size / w, value_stride, w) a token's components side by side
///   scales  (2, token_stride) f32, of keys, then of values; int8 only
/// with w = 2 for bf16 (pairs of components, pairs of tokens) and 1 else, so that both the scores
/// (over tokens) and the output (over components) are sums of whole vectors without a horizontal
/// step. Strides are in elements. Components are rounded up to the widest vector, and so are the
/// tokens of a page unless there are at most half as many: then to a part of a vector, of which
/// the kernels join those of several pages. Values are rounded up to an even number for bf16.
struct KvLayout {
  KvType type;
  std::int64_t head_dim;   // a multiple of 8
  std::int64_t page_size;  // tokens

  static constexpr std::int64_t kWidestVector = 16;  // lanes

  static constexpr std::int64_t round_up(std::int64_t n, std::int64_t step = kWidestVector) {
    return (n + step - 1) / step * step;
  }
  [[nodiscard]] constexpr std::int64_t element_bytes() const {
    return type == KvType::f32 ? 4 : type == KvType::bf16 ? 2 : 1;
  }
  [[nodiscard]] constexpr std::int64_t token_stride() const {
    if (page_size <= kWidestVector / 4) return kWidestVector / 4;
    if (page_size <= kWidestVector / 2) return kWidestVector / 2;
    return round_up(page_size);
  }
  [[nodiscard]] constexpr std::int64_t value_stride() const { return round_up(head_dim); }
  [[nodiscard]] constexpr std::int64_t values_offset_bytes() const {
    return head_dim * token_stride() * element_bytes();
  }
  [[nodiscard]] constexpr std::int64_t scales_offset_bytes() const {
    const std::int64_t tokens = type == KvType::bf16 ? round_up(page_size, 2) : page_size;
    return values_offset_bytes() + tokens * value_stride() * element_bytes();
  }
  /// Bytes of one block, a multiple of a cache line.
  [[nodiscard]] constexpr std::int64_t block_bytes() const {
    const std::int64_t scales = type == KvType::int8 ? 2 * token_stride() * 4 : 0;
    return round_up(scales_offset_bytes() + scales, 64);
  }

  [[nodiscard]] constexpr KvShape shape() const {
    return {type,
            head_dim,
            page_size,
            token_stride(),
            value_stride(),
            values_offset_bytes(),
            scales_offset_bytes()};
  }

  /// Stores one token's key and value (head_dim floats each) at `slot` of a block, rounded to the
  /// type: bf16 to nearest even, int8 with the scale that maps the largest magnitude to 127.
  void store(std::byte* block, std::int64_t slot, const float* key, const float* value) const;
  /// The stored key and value of `slot`, as the attention sees them. Either may be null.
  void read(const std::byte* block, std::int64_t slot, float* key, float* value) const;
  /// Copies one token's key and value, as they are stored, to a slot of another block.
  void move(const std::byte* from, std::int64_t from_slot, std::byte* to,
            std::int64_t to_slot) const;
};

}  // namespace pagequest::ops
