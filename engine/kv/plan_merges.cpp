// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/plan_merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <span>
#include <utility>

#include "engine/kv/matching_bits.h"

namespace pagequest::kv {
namespace {

constexpr std::int32_t kMostRows = 64;

/// Pages by the number of their free rows: a list for each number, the last one added in front.
class ByRoom {
 public:
  /// `pages` must outlive the object; their rows may change.
  ByRoom(std::span<const SparsePage> pages, std::int32_t page_size)
      : pages_(pages), page_size_(page_size), next_(pages.size()) {
    for (std::size_t page = pages.size(); page-- > 0;) add(page);
  }

  void add(std::size_t page) {
    const auto room = static_cast<std::size_t>(page_size_ - std::popcount(pages_[page].rows));
    if (room == 0) return;
    next_[page] = std::exchange(first_[room], page + 1);
    present_ |= std::uint64_t{1} << room;
  }

  /// Takes out the fullest page that has `rows` free rows. Passes over what was emptied.
  [[nodiscard]] std::optional<std::size_t> take(std::int32_t rows) {
    for (std::uint64_t left = present_ >> rows << rows; left != 0; left &= left - 1) {
      const auto room = static_cast<std::size_t>(std::countr_zero(left));
      while (first_[room] != 0) {
        const std::size_t page = first_[room] - 1;
        first_[room] = next_[page];
        if (pages_[page].rows != 0) return page;
      }
      present_ &= ~lowest_bit(left);
    }
    return {};
  }

 private:
  std::span<const SparsePage> pages_;
  std::int32_t page_size_;
  std::array<std::size_t, kMostRows> first_{};  // by room: 1 + the first page of the list, 0: none
  std::vector<std::size_t> next_;               // (page): 1 + the page behind it, 0: none
  std::uint64_t present_ = 0;                   // bit r: pages with r free rows may be there
};

std::vector<std::size_t> sparsest_first(std::span<const SparsePage> pages) {
  std::vector<std::size_t> order;
  for (std::size_t page = 0; page < pages.size(); ++page) {
    if (pages[page].movable) order.push_back(page);
  }
  std::ranges::stable_sort(order, {}, [&](auto page) { return std::popcount(pages[page].rows); });
  return order;
}

std::uint64_t lowest_bits(std::uint64_t bits, std::int32_t count) {
  std::uint64_t lowest = 0;
  for (; count > 0; --count, bits &= bits - 1) lowest |= lowest_bit(bits);
  return lowest;
}

}  // namespace

std::vector<Merge> plan_merges(std::vector<SparsePage> pages, std::int32_t page_size) {
  std::vector<Merge> merges;
  ByRoom by_room(pages, page_size);
  for (const std::size_t from : sparsest_first(pages)) {
    if (!pages[from].movable) continue;  // it has taken another one in
    const std::int32_t rows = std::popcount(std::exchange(pages[from].rows, 0));
    const auto to = by_room.take(rows);
    // A page with more rows finds no room either: where it found some, this one would too, or,
    // was it in this page, then this one would in that page.
    if (!to) break;
    SparsePage& target = pages[*to];
    merges.push_back({from, *to, lowest_bits(~target.rows, rows)});
    target.rows |= merges.back().rows;
    target.movable = false;
    by_room.add(*to);
  }
  return merges;
}

}  // namespace pagequest::kv
