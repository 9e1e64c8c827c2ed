// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/batch.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/error.h"

namespace pagequest::runtime {
namespace {

void check_positions(std::span<const ScheduledChunk> scheduled, const model::ModelConfig& model) {
  for (const ScheduledChunk& chunk : scheduled) {
    const std::int32_t end = chunk.sequence->tables.next_position() + chunk.tokens;
    if (end <= model.max_positions) continue;
    throw usage_error({.what = "a sequence is longer than the model's context",
                       .where = "episode " + std::to_string(chunk.sequence->episode.value),
                       .found = std::to_string(end) + " positions",
                       .expected = "at most " + std::to_string(model.max_positions),
                       .hint = "end the episode when its positions run out"});
  }
}

/// Without columns.
GroupPages live_pages(const kv::PageTable& table) {
  GroupPages group;
  const std::span<const kv::PageSlot> slots = table.slots();
  group.pages.reserve(slots.size());
  std::int32_t first_position = -table.page_size();
  for (const kv::PageSlot& slot : slots) {
    first_position += table.page_size();
    if (slot.live == 0) continue;
    if (slot.live != slot.rows) group.compacted.push_back({group.pages.size(), slot.live});
    group.pages.push_back({slot.rows, slot.physical.value, first_position});
  }
  return group;
}

/// Logical pages of any group, ascending.
std::vector<std::int32_t> union_of(std::span<const GroupPages> groups, std::int32_t page_size) {
  std::vector<std::int32_t> listed;
  for (const GroupPages& group : groups) {
    std::vector<std::int32_t> merged;
    merged.reserve(std::max(listed.size(), group.pages.size()));
    auto next = listed.cbegin();
    for (const ops::AttendedPage& page : group.pages) {
      const std::int32_t logical = page.first_position / page_size;
      while (next != listed.cend() && *next < logical) merged.push_back(*next++);
      if (next != listed.cend() && *next == logical) ++next;
      merged.push_back(logical);
    }
    merged.insert(merged.end(), next, listed.cend());
    listed = std::move(merged);
  }
  return listed;
}

void find_columns(ForwardChunk& chunk, std::int32_t page_size) {
  chunk.listed_pages = union_of(chunk.groups, page_size);
  for (GroupPages& group : chunk.groups) {
    group.columns.reserve(group.pages.size());
    std::int32_t column = 0;
    for (const ops::AttendedPage& page : group.pages) {
      while (chunk.listed_pages[static_cast<std::size_t>(column)] !=
             page.first_position / page_size) {
        ++column;
      }
      group.columns.push_back(column++);
    }
  }
}

ForwardChunk describe(const ScheduledChunk& scheduled, std::span<const std::int32_t> tokens,
                      const EngineConfig& config) {
  Sequence& sequence = *scheduled.sequence;
  ForwardChunk chunk;
  chunk.tokens = tokens;
  chunk.first_position = sequence.tables.next_position() - scheduled.tokens;
  for (const kv::PageTable& table : sequence.tables.tables()) {
    chunk.groups.push_back(live_pages(table));
  }
  find_columns(chunk, sequence.tables.page_size());
  chunk.captures = sequence.captures && !scheduled.recomputed;
  chunk.capture_rows = std::min(config.prefill_rows, scheduled.tokens);
  const bool last = !scheduled.recomputed && scheduled.tokens == sequence.queued();
  if (!last) return chunk;
  chunk.next_token = &sequence.next_token;
  chunk.sampling = sequence.sampling;
  if (config.keep_logits) chunk.logits = sequence.logits.data();
  return chunk;
}

}  // namespace

Batch prepare_batch(std::vector<ScheduledChunk> scheduled, const model::ModelConfig& model,
                    const EngineConfig& config) {
  check_positions(scheduled, model);
  Batch batch;
  batch.scheduled = std::move(scheduled);
  for (const ScheduledChunk& chunk : batch.scheduled) {
    SequenceTables& tables = chunk.sequence->tables;
    const auto tokens = chunk.sequence->next_tokens(chunk.tokens);
    const std::vector<kv::PageCopy> copies = tables.append(chunk.tokens);
    batch.copies.insert(batch.copies.end(), copies.begin(), copies.end());
    batch.chunks.push_back(describe(chunk, tokens, config));
  }
  return batch;
}

}  // namespace pagequest::runtime
