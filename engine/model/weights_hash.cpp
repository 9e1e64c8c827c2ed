// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/weights_hash.h"

#include <algorithm>
#include <span>

#include "base/hash_words.h"
#include "base/rng.h"

namespace pagequest::model {
namespace {

using Bytes = std::span<const std::byte>;

/// The length keeps zero padding apart from zero bytes.
std::uint64_t hash_text(std::uint64_t hash, const std::string& text) {
  return hash_words(mix64(hash ^ text.size()), std::as_bytes(std::span(text)));
}

/// In parts, whose memory goes back to the system.
std::uint64_t hash_data(std::uint64_t hash, Bytes bytes, const std::stop_token& stop) {
  constexpr std::size_t kPart = std::size_t{8} << 20U;
  static_assert(kPart % sizeof(std::uint64_t) == 0);
  hash = mix64(hash ^ bytes.size());
  for (std::size_t at = 0; at < bytes.size() && !stop.stop_requested(); at += kPart) {
    const Bytes part = bytes.subspan(at, std::min(kPart, bytes.size() - at));
    hash = hash_words(hash, part);
    release_pages(part);
  }
  return hash;
}

}  // namespace

std::uint64_t hash_of(const Checkpoint& checkpoint, const std::stop_token& stop) {
  std::uint64_t hash = 0;
  for (const auto& [name, entry] : checkpoint.tensors()) {
    hash = hash_text(hash, name);
    hash = hash_text(hash, entry.tensor->dtype);
    hash = hash_data(hash, entry.tensor->bytes, stop);
  }
  return hash;
}

}  // namespace pagequest::model
