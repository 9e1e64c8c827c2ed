// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pagequest {

/// Goes on with `hash` over the bytes, a word of eight at a time through mix64; the last ones are
/// padded with zeros, so that parts of whole words hash as their whole does. Not for security.
[[nodiscard]] std::uint64_t hash_words(std::uint64_t hash, std::span<const std::byte> bytes);

}  // namespace pagequest
