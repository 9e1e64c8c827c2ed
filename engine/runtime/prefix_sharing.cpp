// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/prefix_sharing.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/check.h"

namespace pagequest::runtime {
namespace {

std::span<const std::int32_t> shareable_tokens(const Sequence& sequence) {
  if (!sequence.recomputes()) return sequence.front(sequence.queued() - 1);
  return sequence.next_tokens(sequence.recomputable());
}

}  // namespace

std::int32_t share_prefix(Sequence& sequence, kv::PrefixCache& cache) {
  PQ_CHECK(sequence.tables.next_position() == 0, "a sequence that has pages begins with its own");
  const auto page_size = static_cast<std::size_t>(sequence.tables.page_size());
  std::span<const std::int32_t> tokens = shareable_tokens(sequence);
  std::vector<std::span<const PageId>> pages;
  for (; tokens.size() >= page_size; tokens = tokens.subspan(page_size)) {
    const kv::PrefixId next = cache.find(sequence.prefix, tokens.first(page_size));
    if (next == kv::PrefixId{}) break;
    pages.push_back(cache.pages(next));
    sequence.prefix = next;
  }
  if (pages.empty()) return 0;
  cache.touch(sequence.prefix);
  sequence.tables.share(pages);
  sequence.prefix_pages = static_cast<std::int32_t>(pages.size());
  return sequence.tables.next_position();
}

void register_pages(Sequence& sequence, kv::PrefixCache& cache) {
  const std::int32_t page_size = sequence.tables.page_size();
  // A token that read a selection has another key and value than one of a prompt.
  const std::int32_t end = sequence.selected.empty() ? sequence.tables.next_position()
                                                     : std::min(sequence.selected.front(),
                                                                sequence.tables.next_position());
  const auto full_pages = end / page_size;
  while (sequence.history.evictions().empty() && sequence.prefix_pages < full_pages) {
    const auto pages = sequence.tables.full_page(sequence.prefix_pages);
    if (pages.empty()) return;
    const auto tokens = sequence.history.tokens().subspan(
        static_cast<std::size_t>(sequence.prefix_pages * page_size),
        static_cast<std::size_t>(page_size));
    const kv::PrefixId id = cache.extend(sequence.prefix, tokens, pages);
    if (id == kv::PrefixId{}) return;
    sequence.prefix = id;
    ++sequence.prefix_pages;
  }
}

}  // namespace pagequest::runtime
