// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/event_sink.h"
#include "base/events.h"
#include "engine/kv/eviction_controller.h"
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

/// KeysRead of the sequence's current step: `tokens` (layer, KV head).
void emit_keys_read(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                    const std::int32_t* tokens);

/// KeysBounded of a logical page that the sequence's current step filled.
void emit_key_bounds(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                     std::int32_t page, const KeyBounds& bounds);

/// What a main thread's cache has lost to one victim.
struct Lost {
  kv::Victim victim;
  std::int32_t tokens;               // live ones of the victim's scope
  std::vector<kv::GoneTokens> gone;  // that no head holds any more
};

/// Drops the victims from a sequence's cache; no event tells so yet.
[[nodiscard]] std::vector<Lost> drop(Sequence& sequence, const KvGroups& groups,
                                     std::span<const kv::Victim> victims);

/// The events that tell of what the last step or a turn boundary dropped.
void emit_lost(Sequence& sequence, EventSink& sink, std::span<const Lost> lost);

/// The events that tell of what the last step's decision stores with another precision; behind
/// those of what it dropped.
void emit_requantised(Sequence& sequence, EventSink& sink);

}  // namespace pagequest::runtime
