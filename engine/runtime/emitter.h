// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/event_sink.h"
#include "base/events.h"
#include "engine/model/model_config.h"
#include "engine/runtime/forward_chunk.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// Sends the events of a sequence to the sink and, for a main thread, to its controller.
void emit(Sequence& sequence, EventSink& sink, const Event& event);

/// TokensFilled of the sequence's current step: `tokens` from `first` on.
void emit_filled(Sequence& sequence, EventSink& sink, std::span<const std::int32_t> tokens,
                 std::int32_t first, StepKind kind, std::int64_t iteration);

/// PagesAttended of the sequence's current step, which processed `chunk` with capture; keeps what
/// the next step and the inspection need of it.
void emit_attended(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                   const KvGroups& groups, const ForwardChunk& chunk);

/// Drops the spans from a main thread's cache, with the events that tell so.
void evict(Sequence& sequence, EventSink& sink, std::span<const TokenSpan> victims);

}  // namespace pagequest::runtime
