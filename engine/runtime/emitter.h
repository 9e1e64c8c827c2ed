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
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// Sends the events of a sequence to the sink and, for a main thread, to its controller.
void emit(Sequence& sequence, EventSink& sink, const Event& event);

/// TokensFilled and, if the chunk was captured, PagesAttended of the step that processed `chunk`.
void emit_step(Sequence& sequence, EventSink& sink, const model::ModelConfig& config,
               const ForwardChunk& chunk, std::int64_t iteration);

/// Drops the spans from a main thread's cache, with the events that tell so.
void evict(Sequence& sequence, EventSink& sink, std::span<const TokenSpan> victims);

}  // namespace pagequest::runtime
