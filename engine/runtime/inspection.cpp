// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/inspection.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "engine/ops/cpu/kv_layout.h"
#include "engine/runtime/engine_config.h"
#include "engine/runtime/engine_state.h"

namespace pagequest::runtime {
namespace {

std::optional<float> mass_of(const Sequence& sequence, std::size_t group, std::int32_t page) {
  if (sequence.last_masses.empty()) return {};
  const auto& masses = sequence.last_masses[group];
  const auto found = std::ranges::find(masses, page, &PageMass::page);
  if (found == masses.end()) return {};
  return found->mass;
}

PageOwner owner_of(const Sequence& sequence, std::size_t group, std::int32_t page,
                   std::uint64_t live) {
  PageOwner owner{.sequence = sequence.id,
                  .episode = sequence.episode,
                  .thread = sequence.thread,
                  .logical_page = page,
                  .positions = {},
                  .tokens = {},
                  .mass = mass_of(sequence, group, page)};
  for (; live != 0; live &= live - 1) {
    const std::int32_t position = page * sequence.tables.page_size() + std::countr_zero(live);
    owner.positions.push_back(position);
    owner.tokens.push_back(sequence.history.tokens()[static_cast<std::size_t>(position)]);
  }
  return owner;
}

using Pages = std::map<PageId, InspectedPage>;

InspectedPage& page_at(Pages& pages, PageId id, std::size_t group) {
  InspectedPage& page = pages[id];
  page.page = id;
  page.group = static_cast<std::int32_t>(group);
  return page;
}

void add_owned_pages(Pages& pages, const Sequence& sequence) {
  const auto tables = sequence.tables.tables();
  for (std::size_t group = 0; group < tables.size(); ++group) {
    std::int32_t logical = 0;
    for (const kv::PageSlot& slot : tables[group].slots()) {
      if (slot.live != 0) {
        page_at(pages, slot.physical, group)
            .owners.push_back(owner_of(sequence, group, logical, slot.live));
      }
      ++logical;
    }
  }
}

void add_cached_pages(Pages& pages, const kv::PrefixCache& prefixes) {
  for (const auto& [id, entry] : prefixes.entries()) {
    for (std::size_t group = 0; group < entry.pages.size(); ++group) {
      page_at(pages, entry.pages[group], group).cached = true;
    }
  }
}

}  // namespace

Inspection Engine::State::inspect() const {
  Inspection inspection{.iteration = iteration,
                        .page_size = config.page_size,
                        .kv_type = ops::to_string(layout_of(config, model.config()).type),
                        .total_pages = pool.total_pages(),
                        .used_pages = pool.used_pages(),
                        .page_bytes = backend->page_bytes(),
                        .preemptions = preemptions,
                        .groups = {},
                        .pages = {}};
  for (const KvGroup& group : groups.groups()) {
    inspection.groups.push_back({group.layers, group.kv_heads, group.window});
  }
  Pages pages;
  for (const auto& [id, sequence] : sequences) add_owned_pages(pages, sequence);
  if (prefixes) add_cached_pages(pages, *prefixes);
  for (auto& [id, page] : pages) {
    page.references = pool.references(id);
    page.bytes = backend->page_bytes();
    inspection.pages.push_back(std::move(page));
  }
  return inspection;
}

}  // namespace pagequest::runtime
