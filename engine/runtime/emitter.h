// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/event_sink.h"
#include "base/events.h"
#include "engine/model/model_config.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/key_bounds.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// Sends the events of a sequence to the sink and, for a main thread, to its controller.
void emit(Sequence& sequence, EventSink& sink, const Event& event);

/// TokensFilled of the sequence's current step: `tokens` from `first` on.
void emit_filled(Sequence& sequence, EventSink& sink, std::span<const std::int32_t> tokens,
                 std::int32_t first, StepKind kind, std::int64_t iteration);

/// PagesAttended of the sequence's current step, which processed `chunk` with capture; keeps what
/// the next step and the inspection need of it. Once a chunk: its token sets are changed.
void emit_attended(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                   const KvGroups& groups, const ForwardChunk& chunk);

/// KeysBounded of a logical page that the sequence's current step filled.
void emit_key_bounds(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                     std::int32_t page, const KeyBounds& bounds);

/// A span that a main thread's cache has lost.
struct LostSpan {
  TokenSpan span;
  kv::Dropped dropped;
};

/// Drops the spans from a sequence's cache; no event tells so yet.
[[nodiscard]] std::vector<LostSpan> drop(Sequence& sequence, std::span<const TokenSpan> spans);

/// The events that tell of the spans that the last step or a turn boundary dropped.
void emit_lost(Sequence& sequence, EventSink& sink, std::span<const LostSpan> lost);

}  // namespace pagequest::runtime
