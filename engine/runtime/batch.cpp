// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/batch.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "base/error.h"

namespace pagequest::runtime {
namespace {

void check_positions(std::span<const ScheduledChunk> scheduled, const model::ModelConfig& model) {
  for (const ScheduledChunk& chunk : scheduled) {
    const std::int32_t end = chunk.sequence->table.next_position() + chunk.tokens;
    if (end <= model.max_positions) continue;
    throw usage_error({.what = "a sequence is longer than the model's context",
                       .where = "episode " + std::to_string(chunk.sequence->episode.value),
                       .found = std::to_string(end) + " positions",
                       .expected = "at most " + std::to_string(model.max_positions),
                       .hint = "end the episode when its positions run out"});
  }
}

std::vector<ops::AttendedPage> live_pages(const kv::PageTable& table) {
  std::vector<ops::AttendedPage> pages;
  const std::span<const kv::PageSlot> slots = table.slots();
  pages.reserve(slots.size());
  std::int32_t first_position = 0;
  for (const kv::PageSlot& slot : slots) {
    if (slot.live != 0) pages.push_back({slot.live, slot.physical.value, first_position});
    first_position += table.page_size();
  }
  return pages;
}

ForwardChunk describe(const ScheduledChunk& scheduled, const EngineConfig& config) {
  Sequence& sequence = *scheduled.sequence;
  ForwardChunk chunk;
  chunk.tokens = sequence.front(scheduled.tokens);
  chunk.first_position = sequence.table.next_position() - scheduled.tokens;
  chunk.pages = live_pages(sequence.table);
  chunk.capture_rows = std::min(config.prefill_rows, scheduled.tokens);
  if (scheduled.tokens == sequence.queued()) chunk.logits = sequence.logits.data();
  return chunk;
}

std::size_t masses_of(const ForwardChunk& chunk, const model::ModelConfig& model) {
  return chunk.pages.size() * static_cast<std::size_t>(model.layers * model.kv_heads);
}

/// Gives each captured chunk its part of `masses`.
void place_masses(Batch& batch, const model::ModelConfig& model, std::vector<float>& masses) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    if (batch.scheduled[i].sequence->captures) total += 2 * masses_of(batch.chunks[i], model);
  }
  if (masses.size() < total) masses.resize(total);
  float* next = masses.data();
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    if (!batch.scheduled[i].sequence->captures) continue;
    const std::size_t count = masses_of(batch.chunks[i], model);
    batch.chunks[i].mean = std::exchange(next, next + count);
    batch.chunks[i].max = std::exchange(next, next + count);
  }
}

}  // namespace

Batch prepare_batch(std::vector<ScheduledChunk> scheduled, KvCache& cache,
                    const model::ModelConfig& model, const EngineConfig& config,
                    std::vector<float>& masses) {
  check_positions(scheduled, model);
  Batch batch;
  batch.scheduled = std::move(scheduled);
  for (const ScheduledChunk& chunk : batch.scheduled) {
    for (const kv::PageCopy& copy : chunk.sequence->table.append(chunk.tokens)) cache.copy(copy);
    batch.chunks.push_back(describe(chunk, config));
  }
  place_masses(batch, model, masses);
  return batch;
}

}  // namespace pagequest::runtime
