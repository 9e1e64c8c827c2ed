// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/key_tiles.h"

#include <algorithm>

#include "base/check.h"
#include "engine/kv/loops/loops.h"

namespace pagequest::kv {
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

void KeyTiles::products(std::size_t number, std::span<const float> keys, float bar,
                        std::span<float> to, std::span<std::uint32_t> above) const {
  if (keys.empty()) return;
  loops().products(tile(number).data(), keys.data(), keys.size() / components_, components_, bar,
                   to.data(), above.data());
}

}  // namespace pagequest::kv
