// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/policies/key_tiles.h"

namespace pagequest::kv {

/// How much a page's key says that others say as well: the sum of its cosines with all others of a
/// list, where each page leaves out its latest near-duplicate (cosine > 0.5), so that the newest
/// copy has the least. R-KV, arXiv 2505.24133, section 3.3.
///
/// Sums of cosines are products with the sum of all keys. Near-duplicates are looked for among the
/// pages that were not in the last list and, where the latest one is gone, below it; the result is
/// the same as if all pairs were compared. A list of n pages, m of them new, takes O(n m) products.
class KeyRedundancy {
 public:
  struct Shape {
    std::size_t pages;
    std::size_t components;  // of all heads that are compared together
  };

  /// Components from `first` on of a page's key; `shape` grows with the sequence.
  void set_key(const Shape& shape, std::size_t page, std::size_t first,
               std::span<const float> values);

  [[nodiscard]] bool knows(std::size_t page) const { return page < known_.size() && known_[page]; }

  /// (page): the sums of the listed pages, which are ascending; others' are of no meaning.
  /// `spare_first`: pages without a near-duplicate leave the first listed one out, but for itself.
  [[nodiscard]] std::span<const float> sums(std::span<const std::int32_t> pages, bool spare_first);

 private:
  struct Duplicate {
    std::int32_t page = -1;  // -1: none
    float cosine = 0.0F;
  };

  struct Lost {
    std::int32_t page;
    std::int32_t below;  // the duplicate that it has lost
  };

  void list(std::span<const std::int32_t> pages);
  void find_latest(std::span<const std::int32_t> pages);
  void compare_new();
  /// The tile's pages with the new ones from `first_new` on.
  void compare(std::size_t tile, std::size_t first_new);
  /// Of the pages whose latest duplicate is gone, the latest one before that.
  void replace_lost();
  void seek_some();
  void seek_in(std::size_t tile);
  void stop_seeking(std::size_t number);
  /// Bit i: whether page i of the tile is listed.
  [[nodiscard]] std::uint32_t listed_in(std::size_t tile) const;
  void add_up();
  void leave_out(std::span<const std::int32_t> pages, bool spare_first);
  [[nodiscard]] bool is_listed(std::int32_t page) const {
    return listed_[static_cast<std::size_t>(page)] != 0;
  }
  [[nodiscard]] bool was_listed(std::int32_t page) const {
    return was_listed_[static_cast<std::size_t>(page)] != 0;
  }

  KeyTiles keys_;
  std::vector<bool> known_;               // (page): whether its key is
  std::vector<std::uint8_t> listed_;      // (page), of the list under way
  std::vector<std::uint8_t> was_listed_;  // (page), in the last one, with the key that it has now
  std::vector<Duplicate> latest_;         // (page): valid where it was listed
  std::vector<std::size_t> tiles_;        // with a listed page, ascending
  std::vector<std::int32_t> new_;         // listed pages that were not
  std::vector<float> new_keys_;           // (new page, component)
  std::vector<float> cosines_;            // working memory
  std::vector<std::uint32_t> alike_;      // (new page): bits of near-duplicates in a tile
  std::vector<Lost> lost_;                // whose search has not begun, by ascending `below`
  std::vector<Lost> sought_;              // whose search goes on
  std::vector<float> sought_keys_;        // (sought page, component)
  std::vector<float> key_;                // (component), working memory
  std::vector<double> total_;             // (component): sum of the listed keys
  std::vector<double> lanes_;             // (component, page of a tile), working memory
  std::vector<double> exact_;             // (page): sums
  std::vector<float> sums_;               // (page)
};

}  // namespace pagequest::kv
