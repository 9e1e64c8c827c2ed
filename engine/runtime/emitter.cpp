// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/emitter.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pagequest::runtime {

void emit(Sequence& sequence, EventSink& sink, const Event& event) {
  sink.on(event);
  if (sequence.controller) sequence.controller->observe(event);
}

namespace {

PagesAttended pages_attended(const Sequence& sequence, const model::ModelConfig& config,
                             const ForwardChunk& chunk, std::span<const std::int32_t> pages) {
  const std::size_t masses = static_cast<std::size_t>(config.layers) *
                             static_cast<std::size_t>(config.kv_heads) * pages.size();
  return {.episode = sequence.episode,
          .thread = sequence.thread,
          .step = sequence.steps,
          .query_rows = chunk.capture_rows,
          .layers = config.layers,
          .kv_heads = config.kv_heads,
          .pages = pages,
          .mean = {chunk.mean, masses},
          .max = {chunk.max, masses}};
}

}  // namespace

void emit_step(Sequence& sequence, EventSink& sink, const model::ModelConfig& config,
               const ForwardChunk& chunk, std::int64_t iteration) {
  emit(sequence, sink,
       TokensFilled{.episode = sequence.episode,
                    .thread = sequence.thread,
                    .kind = chunk.rows() == 1 ? StepKind::decode : StepKind::prefill,
                    .step = sequence.steps,
                    .iteration = iteration,
                    .first = chunk.first_position,
                    .tokens = chunk.tokens});
  if (chunk.mean == nullptr) return;
  std::vector<std::int32_t> pages;
  pages.reserve(chunk.pages.size());
  for (const ops::AttendedPage& page : chunk.pages) {
    pages.push_back(page.first_position / sequence.table.page_size());
  }
  emit(sequence, sink, pages_attended(sequence, config, chunk, pages));
}

void evict(Sequence& sequence, EventSink& sink, std::span<const TokenSpan> victims) {
  const std::int32_t step = sequence.steps - 1;
  for (const TokenSpan& span : victims) {
    const kv::Dropped dropped = sequence.table.evict(span);
    emit(sequence, sink,
         TokensEvicted{.episode = sequence.episode,
                       .step = step,
                       .turn = sequence.turn,
                       .span = span,
                       .tokens = dropped.tokens});
    for (const std::int32_t page : dropped.free_pages) {
      emit(sequence, sink,
           PageFreed{
               .episode = sequence.episode, .thread = sequence.thread, .step = step, .page = page});
    }
  }
}

}  // namespace pagequest::runtime
