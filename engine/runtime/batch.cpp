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
#include "engine/runtime/key_turns.h"

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

/// With logical pages for columns.
GroupPages live_pages(const kv::PageTable& table) {
  GroupPages group;
  const std::span<const kv::PageSlot> slots = table.slots();
  group.pages.reserve(slots.size());
  group.columns.reserve(slots.size());
  std::int32_t first_position = 0;
  for (std::size_t logical = 0; logical < slots.size(); ++logical) {
    const kv::PageSlot& slot = slots[logical];
    if (slot.live != 0) {
      if (slot.live != slot.rows) group.compacted.push_back({group.pages.size(), slot.live});
      group.pages.push_back({slot.rows, slot.physical.value, first_position});
      group.columns.push_back(static_cast<std::int32_t>(logical));
    }
    first_position += table.page_size();
  }
  return group;
}

/// Lists the logical pages of all groups and makes columns of the groups' logical pages.
void find_columns(ForwardChunk& chunk, std::size_t logical_pages) {
  std::vector<std::int32_t> column_of(logical_pages, -1);
  for (const GroupPages& group : chunk.groups) {
    for (const std::int32_t logical : group.columns) {
      column_of[static_cast<std::size_t>(logical)] = 0;
    }
  }
  for (std::size_t logical = 0; logical < logical_pages; ++logical) {
    if (column_of[logical] < 0) continue;
    column_of[logical] = static_cast<std::int32_t>(chunk.listed_pages.size());
    chunk.listed_pages.push_back(static_cast<std::int32_t>(logical));
  }
  for (GroupPages& group : chunk.groups) {
    for (std::int32_t& column : group.columns) {
      column = column_of[static_cast<std::size_t>(column)];
    }
  }
}

ForwardChunk describe(const ScheduledChunk& scheduled, std::span<const std::int32_t> tokens,
                      const EngineConfig& config) {
  Sequence& sequence = *scheduled.sequence;
  ForwardChunk chunk;
  chunk.tokens = tokens;
  chunk.first_position = sequence.tables.next_position() - scheduled.tokens;
  std::size_t logical_pages = 0;
  for (const kv::PageTable& table : sequence.tables.tables()) {
    chunk.groups.push_back(live_pages(table));
    logical_pages = std::max(logical_pages, table.slots().size());
    if (sequence.compact_positions) chunk.groups.back().turns = key_turns(table);
  }
  find_columns(chunk, logical_pages);
  chunk.captures = sequence.captures && !scheduled.recomputed;
  chunk.capture_rows = std::min(config.prefill_rows, scheduled.tokens);
  const bool last = !scheduled.recomputed && scheduled.tokens == sequence.queued();
  if (!last) return chunk;
  chunk.next_token = &sequence.next_token;
  chunk.sampling = sequence.sampling;
  if (config.keep_logits) chunk.logits = sequence.logits.data();
  return chunk;
}

/// Whether the scheduled tokens are one that the sequence decodes: as a whole input, not as the end
/// of a prompt. A recomputed one is what it was at first.
bool decodes(const ScheduledChunk& scheduled, std::int32_t position) {
  const Sequence& sequence = *scheduled.sequence;
  if (scheduled.recomputed) return sequence.selects_at(position);
  return sequence.taken == 0 && sequence.queue.size() == 1;
}

/// Lets the sequence's policy choose what the chunk reads.
void select_reads(const ScheduledChunk& scheduled, ForwardChunk& chunk) {
  Sequence& sequence = *scheduled.sequence;
  if (!sequence.reads) return;
  if (!decodes(scheduled, chunk.first_position)) return sequence.reads->begin_prefill();
  sequence.reads->begin_decode();
  chunk.reads = &*sequence.reads;
  if (!scheduled.recomputed) sequence.selected.push_back(chunk.first_position);
}

/// Events tell what a single token has read.
void count_reads(const ScheduledChunk& scheduled, std::int64_t planes, ForwardChunk& chunk,
                 Batch& batch) {
  if (!scheduled.sequence->reads || scheduled.recomputed || chunk.rows() != 1) return;
  batch.tokens_read.emplace_back(static_cast<std::size_t>(planes));
  chunk.tokens_read = batch.tokens_read.back().data();
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
    ForwardChunk& described = batch.chunks.emplace_back(describe(chunk, tokens, config));
    select_reads(chunk, described);
    count_reads(chunk, std::int64_t{model.layers} * model.kv_heads, described, batch);
  }
  return batch;
}

}  // namespace pagequest::runtime
