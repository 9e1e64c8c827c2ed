// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/kv_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/ops/cpu/bf16.h"

namespace pagequest::ops {
namespace {

/// Where a component of a token's key or value lies, in elements of the block's first or second
/// part.
struct Places {
  std::int64_t width;  // components or tokens that lie side by side
  std::int64_t token_stride;
  std::int64_t value_stride;

  [[nodiscard]] std::int64_t key(std::int64_t slot, std::int64_t component) const {
    return (component / width * token_stride + slot) * width + component % width;
  }
  [[nodiscard]] std::int64_t value(std::int64_t slot, std::int64_t component) const {
    return (slot / width * value_stride + component) * width + slot % width;
  }
};

Places places_of(const KvLayout& layout) {
  return {layout.type == KvType::bf16 ? 2 : 1, layout.token_stride(), layout.value_stride()};
}

template <class Element, class Block>
auto* part(Block* block, std::int64_t offset_bytes) {
  if constexpr (std::is_const_v<Block>) {
    return reinterpret_cast<const Element*>(block + offset_bytes);
  } else {
    return reinterpret_cast<Element*>(block + offset_bytes);
  }
}

template <class Element, class Round>
void store_as(const KvLayout& layout, std::byte* block, std::int64_t slot, const float* key,
              const float* value, Round round) {
  const Places at = places_of(layout);
  auto* keys = part<Element>(block, 0);
  auto* values = part<Element>(block, layout.values_offset_bytes());
  for (std::int64_t i = 0; i < layout.head_dim; ++i) {
    keys[at.key(slot, i)] = round(key[i]);
    values[at.value(slot, i)] = round(value[i]);
  }
}

/// NaN if a value is not finite, so that it does not pass for a zero.
float largest_magnitude(const float* x, std::int64_t count) {
  float largest = 0.0F;
  const bool finite = std::all_of(x, x + count, [](float value) { return std::isfinite(value); });
  if (!finite) return std::numeric_limits<float>::quiet_NaN();
  for (std::int64_t i = 0; i < count; ++i) largest = std::max(largest, std::fabs(x[i]));
  return largest;
}

void store_int8(const KvLayout& layout, std::byte* block, std::int64_t slot, const float* key,
                const float* value) {
  const Places at = places_of(layout);
  auto* keys = part<std::int8_t>(block, 0);
  auto* values = part<std::int8_t>(block, layout.values_offset_bytes());
  auto* scales = part<float>(block, layout.scales_offset_bytes());
  const float largest_key = largest_magnitude(key, layout.head_dim);
  const float largest_value = largest_magnitude(value, layout.head_dim);
  scales[slot] = largest_key / 127.0F;
  scales[layout.token_stride() + slot] = largest_value / 127.0F;
  const float by_key = largest_key > 0.0F ? 127.0F / largest_key : 0.0F;
  const float by_value = largest_value > 0.0F ? 127.0F / largest_value : 0.0F;
  for (std::int64_t i = 0; i < layout.head_dim; ++i) {
    keys[at.key(slot, i)] = static_cast<std::int8_t>(std::lrintf(key[i] * by_key));
    values[at.value(slot, i)] = static_cast<std::int8_t>(std::lrintf(value[i] * by_value));
  }
}

template <class Element, class Widen>
void read_as(const KvLayout& layout, const std::byte* block, std::int64_t slot, float* key,
             float* value, Widen widen) {
  const Places at = places_of(layout);
  const auto* keys = part<Element>(block, 0);
  const auto* values = part<Element>(block, layout.values_offset_bytes());
  for (std::int64_t i = 0; i < layout.head_dim; ++i) {
    if (key != nullptr) key[i] = widen(keys[at.key(slot, i)], 0);
    if (value != nullptr) value[i] = widen(values[at.value(slot, i)], 1);
  }
}

template <class Element>
void move_as(const KvLayout& layout, const std::byte* from, std::int64_t from_slot, std::byte* to,
             std::int64_t to_slot) {
  const Places at = places_of(layout);
  const std::int64_t values = layout.values_offset_bytes();
  for (std::int64_t i = 0; i < layout.head_dim; ++i) {
    part<Element>(to, 0)[at.key(to_slot, i)] = part<Element>(from, 0)[at.key(from_slot, i)];
    part<Element>(to, values)[at.value(to_slot, i)] =
        part<Element>(from, values)[at.value(from_slot, i)];
  }
}

void move_scales(const KvLayout& layout, const std::byte* from, std::int64_t from_slot,
                 std::byte* to, std::int64_t to_slot) {
  const auto* old_scales = part<float>(from, layout.scales_offset_bytes());
  auto* scales = part<float>(to, layout.scales_offset_bytes());
  for (const std::int64_t first : {std::int64_t{0}, layout.token_stride()}) {
    scales[first + to_slot] = old_scales[first + from_slot];
  }
}

}  // namespace

std::string_view to_string(KvType type) {
  switch (type) {
    case KvType::f32:
      return "f32";
    case KvType::bf16:
      return "bf16";
    case KvType::int8:
      return "int8";
  }
  return "?";
}

void KvLayout::store(std::byte* block, std::int64_t slot, const float* key,
                     const float* value) const {
  switch (type) {
    case KvType::f32:
      return store_as<float>(*this, block, slot, key, value, [](float x) { return x; });
    case KvType::bf16:
      return store_as<std::uint16_t>(*this, block, slot, key, value, to_bf16);
    case KvType::int8:
      return store_int8(*this, block, slot, key, value);
  }
}

void KvLayout::read(const std::byte* block, std::int64_t slot, float* key, float* value) const {
  switch (type) {
    case KvType::f32:
      return read_as<float>(*this, block, slot, key, value, [](float x, int) { return x; });
    case KvType::bf16:
      return read_as<std::uint16_t>(*this, block, slot, key, value,
                                    [](std::uint16_t x, int) { return from_bf16(x); });
    case KvType::int8: {
      const auto* scales = part<float>(block, scales_offset_bytes());
      return read_as<std::int8_t>(*this, block, slot, key, value, [&](std::int8_t x, int which) {
        return static_cast<float>(x) * scales[which * token_stride() + slot];
      });
    }
  }
}

void KvLayout::move(const std::byte* from, std::int64_t from_slot, std::byte* to,
                    std::int64_t to_slot) const {
  switch (type) {
    case KvType::f32:
      return move_as<float>(*this, from, from_slot, to, to_slot);
    case KvType::bf16:
      return move_as<std::uint16_t>(*this, from, from_slot, to, to_slot);
    case KvType::int8:
      move_scales(*this, from, from_slot, to, to_slot);
      return move_as<std::int8_t>(*this, from, from_slot, to, to_slot);
  }
}

}  // namespace pagequest::ops
