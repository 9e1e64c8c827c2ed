// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/key_redundancy.h"

#include <algorithm>
#include <utility>

#include "engine/kv/loops/loops.h"
#include "engine/kv/reused_memory.h"

namespace pagequest::kv {
namespace {

constexpr std::size_t kTile = KeyTiles::kPages;
constexpr float kDuplicate = 0.5F;  // cosine above which keys say the same

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
  for (const std::int32_t page : pages) {
    const auto index = static_cast<std::size_t>(page);
    listed_[index] = 1;
    if (tiles_.empty() || tiles_.back() != index / kTile) tiles_.push_back(index / kTile);
    if (!was_listed(page)) new_.push_back(page);
  }
}

void KeyRedundancy::find_latest(std::span<const std::int32_t> pages) {
  for (const std::int32_t page : new_) latest_[static_cast<std::size_t>(page)] = {};
  for (const std::int32_t page : pages) {
    Duplicate& latest = latest_[static_cast<std::size_t>(page)];
    const bool lost = latest.page >= 0 && !(is_listed(latest.page) && was_listed(latest.page));
    if (lost) latest = latest_below(latest.page, page);
  }
  compare_new();
}

KeyRedundancy::Duplicate KeyRedundancy::latest_below(std::int32_t below, std::int32_t page) {
  key_.clear();
  keys_.append_to(static_cast<std::size_t>(page), key_);
  const auto end = std::ranges::upper_bound(tiles_, static_cast<std::size_t>(below) / kTile);
  for (auto tile = end; tile != tiles_.begin();) {
    --tile;
    const KeyTiles::Products cosines = keys_.products(*tile, key_);
    for (std::size_t i = kTile; i-- > 0;) {
      const auto other = static_cast<std::int32_t>(*tile * kTile + i);
      const bool counts = other < below && other != page && is_listed(other);
      if (counts && cosines[i] > kDuplicate) return {other, cosines[i]};
    }
  }
  return {};
}

void KeyRedundancy::compare_new() {
  new_keys_.clear();
  for (const std::int32_t page : new_) {
    keys_.append_to(static_cast<std::size_t>(page), new_keys_);
  }
  const auto tile_of = [](std::int32_t page) { return static_cast<std::size_t>(page) / kTile; };
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
  cosines_.resize(new_.size() * kTile);
  if (!keys_.products(tile, keys, kDuplicate, cosines_)) return;
  const auto raise = [this](std::int32_t of, const Duplicate& found) {
    Duplicate& latest = latest_[static_cast<std::size_t>(of)];
    if (found.page > latest.page) latest = found;
  };
  const float* cosine = cosines_.data();
  for (std::size_t n = first_new; n < new_.size(); ++n) {
    const std::int32_t page = new_[n];
    for (std::size_t i = 0; i < kTile; ++i, ++cosine) {
      const auto other = static_cast<std::int32_t>(tile * kTile + i);
      if (*cosine <= kDuplicate || other == page || !is_listed(other)) continue;
      raise(page, {other, *cosine});
      raise(other, {page, *cosine});
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
  KeyTiles::Products with_first{};
  std::size_t tile = static_cast<std::size_t>(-1);
  for (const std::int32_t page : pages) {
    const auto index = static_cast<std::size_t>(page);
    const Duplicate& latest = latest_[index];
    if (latest.page >= 0) {
      exact_[static_cast<std::size_t>(latest.page)] -= static_cast<double>(latest.cosine);
    } else if (spare_first && page != first) {
      if (tile != index / kTile) with_first = keys_.products(index / kTile, key_);
      tile = index / kTile;
      exact_[static_cast<std::size_t>(first)] -= static_cast<double>(with_first[index % kTile]);
    }
  }
}

}  // namespace pagequest::kv
