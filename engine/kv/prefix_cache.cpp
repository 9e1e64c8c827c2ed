// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/prefix_cache.h"

#include <algorithm>
#include <utility>

namespace pagequest::kv {
namespace {

/// FNV-1a over the four bytes of a value.
std::uint64_t mixed(std::uint64_t hash, std::uint32_t value) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  for (int byte = 0; byte < 4; ++byte) {
    hash = (hash ^ (value >> (8 * byte) & 0xFFU)) * kPrime;
  }
  return hash;
}

}  // namespace

PrefixCache::PrefixCache(PagePool& pool) : pool_(pool) {}

PrefixCache::~PrefixCache() {
  for (const auto& [id, entry] : entries_) {
    for (const PageId page : entry.pages) pool_.release(page);
  }
}

PrefixId PrefixCache::find(PrefixId parent, std::span<const std::int32_t> tokens) const {
  const auto [first, last] = by_hash_.equal_range(hash_behind(parent, tokens));
  for (auto at = first; at != last; ++at) {
    const Entry& entry = entries_.at(at->second);
    if (entry.parent == parent && std::ranges::equal(entry.tokens, tokens)) return at->second;
  }
  return {};
}

PrefixId PrefixCache::extend(PrefixId parent, std::span<const std::int32_t> tokens,
                             std::span<const PageId> pages) {
  const bool first = parent == PrefixId{};
  if (!first && !entries_.contains(parent)) return {};
  if (const PrefixId there = find(parent, tokens); there != PrefixId{}) {
    touch(there);
    return there;
  }
  const PrefixId id{next_id_++};
  for (const PageId page : pages) pool_.retain(page);
  const std::uint64_t hash = hash_behind(parent, tokens);
  entries_.emplace(id, Entry{.parent = parent,
                             .page = first ? 0 : entries_.at(parent).page + 1,
                             .hash = hash,
                             .tokens = {tokens.begin(), tokens.end()},
                             .pages = {pages.begin(), pages.end()},
                             .last_use = 0});
  by_hash_.emplace(hash, id);
  entries_.at(id).last_use = ++uses_;
  if (!first) ++entries_.at(parent).children;
  return id;
}

std::span<const PageId> PrefixCache::pages(PrefixId id) const { return entries_.at(id).pages; }

void PrefixCache::touch(PrefixId id) {
  ++uses_;
  while (id != PrefixId{}) {
    Entry& entry = entries_.at(id);
    entry.last_use = uses_;
    id = entry.parent;
  }
}

bool PrefixCache::reclaim(std::int32_t pages) {
  const std::int32_t free_before = pool_.free_pages();
  while (pool_.free_pages() - free_before < pages) {
    const PrefixId victim = least_needed();
    if (victim == PrefixId{}) break;
    drop(victim);
  }
  return pool_.free_pages() > free_before;
}

std::uint64_t PrefixCache::hash_behind(PrefixId parent,
                                       std::span<const std::int32_t> tokens) const {
  constexpr std::uint64_t kOffsetBasis = 0xcbf29ce484222325;
  std::uint64_t hash = parent == PrefixId{} ? kOffsetBasis : entries_.at(parent).hash;
  for (const std::int32_t token : tokens) hash = mixed(hash, static_cast<std::uint32_t>(token));
  return hash;
}

bool PrefixCache::is_unused(const Entry& entry) const {
  return std::ranges::all_of(entry.pages,
                             [this](PageId page) { return pool_.references(page) == 1; });
}

PrefixId PrefixCache::least_needed() const {
  const auto order = [](const Entry& entry) {
    return std::pair(entry.children > 0, entry.last_use);
  };
  const std::pair<const PrefixId, Entry>* least = nullptr;
  for (const auto& node : entries_) {
    if (!is_unused(node.second)) continue;
    if (least == nullptr || order(node.second) < order(least->second)) least = &node;
  }
  return least == nullptr ? PrefixId{} : least->first;
}

void PrefixCache::drop(PrefixId id) {
  // A page has a higher id than the page before it, so one pass finds all that lie behind `id`.
  std::vector<PrefixId> chain{id};
  if (entries_.at(id).children > 0) {
    for (auto at = entries_.upper_bound(id); at != entries_.end(); ++at) {
      const bool behind = std::ranges::find(chain, at->second.parent) != chain.end();
      if (behind) chain.push_back(at->first);
    }
  }
  if (const PrefixId parent = entries_.at(id).parent; parent != PrefixId{}) {
    --entries_.at(parent).children;
  }
  for (const PrefixId gone : chain) {
    const Entry& entry = entries_.at(gone);
    for (const PageId page : entry.pages) pool_.release(page);
    const auto [first, last] = by_hash_.equal_range(entry.hash);
    by_hash_.erase(std::find_if(first, last, [&](const auto& hit) { return hit.second == gone; }));
    entries_.erase(gone);
  }
}

}  // namespace pagequest::kv
