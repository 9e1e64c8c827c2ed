// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/loops/loops.h"

namespace pagequest::kv {

/// One vector a page, (tile, component, page of the tile): products of a vector with all of a tile
/// are computed side by side, each in the order of the components. Pages without a vector have
/// zeros.
class KeyTiles {
 public:
  static constexpr std::size_t kPages = kTilePages;
  /// `components` may be set once; pages are only added.
  void resize(std::size_t pages, std::size_t components);
  [[nodiscard]] std::size_t components() const { return components_; }
  /// Components from `first` on.
  void set(std::size_t page, std::size_t first, std::span<const float> values);
  /// All components, appended.
  void append_to(std::size_t page, std::vector<float>& values) const;
  /// (component, page of the tile)
  [[nodiscard]] std::span<const float> tile(std::size_t number) const {
    return std::span(values_).subspan(number * components_ * kPages, components_ * kPages);
  }
  /// Of several keys, (key, component), with those of one tile, to (key, page of the tile).
  /// above[key], bit i: whether that with page i is above `bar`.
  void products(std::size_t number, std::span<const float> keys, float bar, std::span<float> to,
                std::span<std::uint32_t> above) const;

 private:
  [[nodiscard]] std::size_t at(std::size_t page) const {
    return page / kPages * components_ * kPages + page % kPages;
  }

  std::size_t components_ = 0;
  std::vector<float> values_;
};

}  // namespace pagequest::kv
