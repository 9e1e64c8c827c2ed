// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/key_tiles.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace pagequest::kv {
namespace {

/// Numbers of neighbouring pages. A type of the compiler's: left to itself, g++ 12 puts the loop
/// over the components side by side and shuffles what the loop over the pages needs no shuffle for.
typedef float Lanes __attribute__((vector_size(16)));

constexpr std::size_t kVectors = sizeof(KeyTiles::Products) / sizeof(Lanes);

}  // namespace

void KeyTiles::resize(std::size_t pages, std::size_t components) {
  PQ_CHECK(components_ == 0 || components_ == components, "vectors of one length");
  components_ = components;
  const std::size_t tiles = (pages + kPages - 1) / kPages;
  values_.resize(std::max(values_.size(), tiles * kPages * components));
}

void KeyTiles::set(std::size_t page, std::size_t first, std::span<const float> values) {
  float* to = values_.data() + at(page) + first * kPages;
  for (std::size_t c = 0; c < values.size(); ++c) to[c * kPages] = values[c];
}

void KeyTiles::append_to(std::size_t page, std::vector<float>& values) const {
  const float* from = values_.data() + at(page);
  for (std::size_t c = 0; c < components_; ++c) values.push_back(from[c * kPages]);
}

KeyTiles::Products KeyTiles::products(std::size_t number, std::span<const float> key) const {
  std::array<Lanes, kVectors> sums{};
  const float* other = tile(number).data();
  for (const float component : key) {
    for (std::size_t i = 0; i < kVectors; ++i) {
      Lanes lanes;
      std::memcpy(&lanes, other + i * kPages / kVectors, sizeof lanes);
      sums[i] += component * lanes;
    }
    other += kPages;
  }
  Products products;
  std::memcpy(products.data(), sums.data(), sizeof sums);
  return products;
}

}  // namespace pagequest::kv
