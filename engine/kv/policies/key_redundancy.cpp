// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/key_redundancy.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/kv/loops/loops.h"
#include "engine/kv/reused_memory.h"

namespace pagequest::kv {
namespace {

constexpr std::size_t kTile = KeyTiles::kPages;
constexpr float kDuplicate = 0.5F;       // cosine above which keys say the same
constexpr std::size_t kMostSought = 64;  // pages whose search goes on at once

std::size_t tile_of(std::int32_t page) { return static_cast<std::size_t>(page) / kTile; }
std::uint32_t bit_of(std::int32_t page) { return 1U << (static_cast<std::size_t>(page) % kTile); }

}  // namespace

void KeyRedundancy::set_key(const Shape& shape, std::size_t page, std::size_t first,
                            std::span<const float> values) {
  keys_.resize(shape.pages, shape.components);
  keys_.set(page, first, values);
  if (known_.size() <= page) known_.resize(page + 1);
  known_[page] = true;
  if (page < was_listed_.size()) was_listed_[page] = 0;
}

std::span<const float> KeyRedundancy::sums(std::span<const std::int32_t> pages, bool spare_first) {
  if (pages.empty()) return {};
  list(pages);
  find_latest(pages);
  add_up();
  leave_out(pages, spare_first);
  std::swap(was_listed_, listed_);
  sums_.resize(exact_.size());
  std::ranges::transform(exact_, sums_.begin(), [](double sum) { return static_cast<float>(sum); });
  return sums_;
}

void KeyRedundancy::list(std::span<const std::int32_t> pages) {
  const std::size_t tiles = static_cast<std::size_t>(pages.back()) / kTile + 1;
  const std::size_t width = std::max(tiles * kTile, was_listed_.size());
  keys_.resize(width, keys_.components());
  assign_in_place(listed_, width, std::uint8_t{0});
  was_listed_.resize(width, 0);
  latest_.resize(width);
  tiles_.clear();
  new_.clear();
  if (lost_.capacity() < width) lost_.reserve(2 * width);
  for (const std::int32_t page : pages) {
    const auto index = static_cast<std::size_t>(page);
    listed_[index] = 1;
    if (tiles_.empty() || tiles_.back() != index / kTile) tiles_.push_back(index / kTile);
    if (!was_listed(page)) new_.push_back(page);
  }
}

void KeyRedundancy::find_latest(std::span<const std::int32_t> pages) {
  for (const std::int32_t page : new_) latest_[static_cast<std::size_t>(page)] = {};
  lost_.clear();
  for (const std::int32_t page : pages) {
    Duplicate& latest = latest_[static_cast<std::size_t>(page)];
    const bool lost = latest.page >= 0 && !(is_listed(latest.page) && was_listed(latest.page));
    if (!lost) continue;
    lost_.push_back({.page = page, .below = latest.page});
    latest = {};
  }
  replace_lost();
  compare_new();
}

void KeyRedundancy::replace_lost() {
  std::ranges::sort(lost_, {}, &Lost::below);
  sought_.reserve(kMostSought);
  sought_keys_.reserve(kMostSought * keys_.components());
  while (!lost_.empty()) seek_some();
}

void KeyRedundancy::seek_some() {
  sought_.clear();
  sought_keys_.clear();
  std::size_t room = kMostSought;
  // Downwards, so that the first one found is the latest; pages join where their search begins.
  for (auto tile = tiles_.rbegin(); tile != tiles_.rend(); ++tile) {
    const auto begins = [&] { return !lost_.empty() && tile_of(lost_.back().below) >= *tile; };
    for (; room > 0 && begins(); --room, lost_.pop_back()) {
      sought_.push_back(lost_.back());
      keys_.append_to(static_cast<std::size_t>(lost_.back().page), sought_keys_);
    }
    if (sought_.empty() && (room == 0 || lost_.empty())) return;
    seek_in(*tile);
  }
  if (room > 0) lost_.clear();  // the rest have lost what is below all that is listed
}

void KeyRedundancy::seek_in(std::size_t tile) {
  cosines_.resize(std::max(cosines_.size(), sought_.size() * kTile));
  alike_.resize(std::max(alike_.size(), sought_.size()));
  keys_.products(tile, sought_keys_, kDuplicate, cosines_, alike_);
  const std::uint32_t listed = listed_in(tile);
  for (std::size_t i = sought_.size(); i-- > 0;) {
    const auto [page, below] = sought_[i];
    std::uint32_t alike = alike_[i] & listed;
    if (tile_of(below) == tile) alike &= bit_of(below) - 1;
    if (tile_of(page) == tile) alike &= ~bit_of(page);
    if (alike == 0) continue;
    const auto at = static_cast<std::size_t>(std::bit_width(alike)) - 1;
    latest_[static_cast<std::size_t>(page)] = {static_cast<std::int32_t>(tile * kTile + at),
                                               cosines_[i * kTile + at]};
    stop_seeking(i);
  }
}

/// The last one, which was looked at before, takes its place.
void KeyRedundancy::stop_seeking(std::size_t number) {
  const std::size_t components = keys_.components();
  const std::size_t last = sought_.size() - 1;
  if (number < last) {
    sought_[number] = sought_[last];
    std::copy_n(sought_keys_.data() + last * components, components,
                sought_keys_.data() + number * components);
  }
  sought_.pop_back();
  sought_keys_.resize(last * components);
}

std::uint32_t KeyRedundancy::listed_in(std::size_t tile) const {
  std::uint32_t listed = 0;
  for (std::size_t i = 0; i < kTile; ++i) {
    listed |= static_cast<std::uint32_t>(listed_[tile * kTile + i]) << i;
  }
  return listed;
}

void KeyRedundancy::compare_new() {
  new_keys_.clear();
  for (const std::int32_t page : new_) {
    keys_.append_to(static_cast<std::size_t>(page), new_keys_);
  }
  for (const std::size_t tile : tiles_) {
    const auto first = listed_.begin() + static_cast<std::ptrdiff_t>(tile * kTile);
    const auto before = was_listed_.begin() + static_cast<std::ptrdiff_t>(tile * kTile);
    // Of two new pages the later one compares both.
    const bool all_new = std::equal(first, first + kTile, before,
                                    [](auto now, auto was) { return now == 0 || was == 0; });
    const auto from = all_new ? std::ranges::lower_bound(new_, tile, {}, tile_of) : new_.begin();
    compare(tile, static_cast<std::size_t>(from - new_.begin()));
  }
}

void KeyRedundancy::compare(std::size_t tile, std::size_t first_new) {
  const auto keys = std::span(new_keys_).subspan(first_new * keys_.components());
  cosines_.resize(std::max(cosines_.size(), new_.size() * kTile));
  alike_.resize(std::max(alike_.size(), new_.size()));
  keys_.products(tile, keys, kDuplicate, cosines_, alike_);
  const std::uint32_t listed = listed_in(tile);
  const auto raise = [this](std::int32_t of, const Duplicate& found) {
    Duplicate& latest = latest_[static_cast<std::size_t>(of)];
    if (found.page > latest.page) latest = found;
  };
  for (std::size_t n = first_new; n < new_.size(); ++n) {
    const std::int32_t page = new_[n];
    const std::size_t row = n - first_new;
    for (std::uint32_t alike = alike_[row] & listed; alike != 0; alike &= alike - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(alike));
      const auto other = static_cast<std::int32_t>(tile * kTile + i);
      if (other == page) continue;
      const float cosine = cosines_[row * kTile + i];
      raise(page, {other, cosine});
      raise(other, {page, cosine});
    }
  }
}

void KeyRedundancy::add_up() {
  const std::size_t components = keys_.components();
  assign_in_place(lanes_, components * kTile, 0.0);
  for (const std::size_t tile : tiles_) {
    loops().add_tile(keys_.tile(tile).data(), listed_.data() + tile * kTile, components,
                     lanes_.data());
  }
  assign_in_place(total_, components, 0.0);
  for (std::size_t i = 0; i < lanes_.size(); ++i) total_[i / kTile] += lanes_[i];
  exact_.resize(listed_.size());
  for (const std::size_t tile : tiles_) {
    loops().products_with_others(keys_.tile(tile).data(), total_.data(), components,
                                 exact_.data() + tile * kTile);
  }
}

void KeyRedundancy::leave_out(std::span<const std::int32_t> pages, bool spare_first) {
  const std::int32_t first = pages.front();
  key_.clear();
  keys_.append_to(static_cast<std::size_t>(first), key_);
  cosines_.resize(std::max(cosines_.size(), kTile));
  alike_.resize(std::max<std::size_t>(alike_.size(), 1));
  std::size_t tile = static_cast<std::size_t>(-1);  // whose cosines with the first page they are
  for (const std::int32_t page : pages) {
    const auto index = static_cast<std::size_t>(page);
    const Duplicate& latest = latest_[index];
    if (latest.page >= 0) {
      exact_[static_cast<std::size_t>(latest.page)] -= static_cast<double>(latest.cosine);
    } else if (spare_first && page != first) {
      if (tile != tile_of(page)) {
        tile = tile_of(page);
        keys_.products(tile, key_, kDuplicate, cosines_, alike_);
      }
      exact_[static_cast<std::size_t>(first)] -= static_cast<double>(cosines_[index % kTile]);
    }
  }
}

}  // namespace pagequest::kv
