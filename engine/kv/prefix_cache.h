// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/ids.h"
#include "engine/kv/page_pool.h"

namespace pagequest::kv {

/// A full page of a chain in a prefix cache; never reused in one cache.
using PrefixId = StrongId<struct PrefixTag>;

/// Full pages by the tokens that they and all pages before them hold, so that sequences with equal
/// beginnings share them. A page's key is the hash of the key before it and of its own tokens; a
/// hit compares the tokens, so equal hashes of different tokens do no harm.
///
/// Owns one reference of each of its pages in the pool, which must outlive it. Deterministic.
class PrefixCache {
 public:
  explicit PrefixCache(PagePool& pool);
  ~PrefixCache();
  PrefixCache(const PrefixCache&) = delete;
  PrefixCache& operator=(const PrefixCache&) = delete;

  /// The page behind `parent` ({}: the first page) that holds `tokens`, or {} if there is none.
  [[nodiscard]] PrefixId find(PrefixId parent, std::span<const std::int32_t> tokens) const;

  /// The page behind `parent` that holds `tokens`: the one that is there, or a new one that takes
  /// references of `pages`, one of each KV group. {} when `parent` was reclaimed in the meantime.
  PrefixId extend(PrefixId parent, std::span<const std::int32_t> tokens,
                  std::span<const PageId> pages);

  /// Physical pages, (KV group).
  [[nodiscard]] std::span<const PageId> pages(PrefixId id) const;

  /// Marks a page and all pages before it as just used.
  void touch(PrefixId id);

  /// Drops pages that nobody else holds a reference of until `pages` physical ones are free or none
  /// is left: first those at the end of a chain, then any, together with the pages behind it; the
  /// least recently used first. False when no page became free.
  bool reclaim(std::int32_t pages);

  struct Entry {
    PrefixId parent;
    std::int32_t page;  // logical
    std::uint64_t hash;
    std::vector<std::int32_t> tokens;
    std::vector<PageId> pages;  // (KV group)
    std::int64_t last_use;
    std::int32_t children = 0;  // pages right behind it
  };
  /// Everything that is cached, by id.
  [[nodiscard]] const std::map<PrefixId, Entry>& entries() const { return entries_; }

 private:
  [[nodiscard]] std::uint64_t hash_behind(PrefixId parent,
                                          std::span<const std::int32_t> tokens) const;
  [[nodiscard]] bool is_unused(const Entry& entry) const;
  /// {} when every page is in use.
  [[nodiscard]] PrefixId least_needed() const;
  void drop(PrefixId id);

  PagePool& pool_;
  std::map<PrefixId, Entry> entries_;
  std::multimap<std::uint64_t, PrefixId> by_hash_;
  std::int32_t next_id_ = 0;
  std::int64_t uses_ = 0;
};

}  // namespace pagequest::kv
