// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/stored_bits.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::kv {
namespace {

constexpr std::uint8_t kFullBits = 32;  // 16 of a key's element, 16 of a value's

/// Calls `visit` with every live position of the span.
template <class Visit>
void for_each_live(const LiveTokens& live, TokenSpan span, Visit visit) {
  const std::int32_t end = std::min(span.end(), live.next_position());
  for (std::int32_t position = std::max(span.first, 0); position < end; ++position) {
    if (live.holds(position)) visit(static_cast<std::size_t>(position));
  }
}

}  // namespace

StoredBits::StoredBits(std::int32_t planes) : bits_(static_cast<std::size_t>(planes)) {}

void StoredBits::fill(std::int32_t count) {
  for (auto& bits : bits_) bits.resize(bits.size() + static_cast<std::size_t>(count), kFullBits);
  sum_ += std::int64_t{count} * kFullBits * std::ssize(bits_);
}

void StoredBits::evict(std::int32_t plane, const LiveTokens& live, TokenSpan span) {
  const auto& bits = bits_[static_cast<std::size_t>(plane)];
  for_each_live(live, span, [&](std::size_t position) { sum_ -= bits[position]; });
}

void StoredBits::store(std::int32_t plane, const LiveTokens& live, TokenSpan span,
                       const Precision& precision) {
  auto& bits = bits_[static_cast<std::size_t>(plane)];
  const auto now = static_cast<std::uint8_t>(precision.key_bits + precision.value_bits);
  for_each_live(live, span, [&](std::size_t position) {
    sum_ += now - bits[position];
    bits[position] = now;
  });
}

double StoredBits::full_tokens() const { return static_cast<double>(sum_) / kFullBits; }

}  // namespace pagequest::kv
