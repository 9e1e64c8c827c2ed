// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "engine/kv/page_pool.h"
#include "engine/kv/prefix_cache.h"
#include "engine/model/model.h"
#include "engine/runtime/batch.h"
#include "engine/runtime/capture_store.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/forward.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// What an engine consists of, and the parts of an iteration.
struct Engine::State {
  State(const model::Model& model, const EngineConfig& config, EventSink& sink);

  [[nodiscard]] Sequence& at(SequenceId id);
  Sequence& insert(Sequence sequence);
  [[nodiscard]] Sequence new_sequence(EpisodeId episode, Thread thread, const Sampling& sampling);
  void push(Sequence& sequence, std::span<const std::int32_t> tokens) const;
  [[nodiscard]] std::vector<Sequence*> in_order();

  /// Throws usage_error when a prompt cannot be held whatever is freed.
  void check_prompt(EpisodeId episode, std::int64_t tokens, const kv::PolicySpec& policy) const;
  /// Lets the sequences that begin take cached pages, and announces their tokens.
  /// Most physical pages that a prompt holds at once, at least.
  [[nodiscard]] std::int64_t pages_of_prompt(std::int64_t tokens) const;
  void share_prefixes();
  void decide(Sequence& sequence, kv::DecisionPoint point);
  /// What follows a forward pass for one sequence: events, evictions, the next token.
  void finish(const ScheduledChunk& scheduled, const ForwardChunk& chunk);
  [[nodiscard]] Inspection inspect() const;

  const model::Model& model;
  EngineConfig config;
  EventSink& sink;
  KvGroups groups;
  KvCache cache;
  kv::PagePool pool;
  Forward forward;
  CaptureStore capture;
  std::optional<kv::PrefixCache> prefixes;  // with prefix_sharing
  std::map<SequenceId, Sequence> sequences;
  std::int32_t next_id = 0;
  std::int64_t iteration = 0;
  std::int64_t preemptions = 0;
  std::vector<SampledToken> sampled;

 private:
  void end_step(Sequence& sequence, const ForwardChunk& chunk);
  void announce(Sequence& sequence, std::int32_t tokens);
  /// KeysBounded of the pages that became full when the sequence reached its position from `first`.
  void emit_key_bounds(Sequence& sequence, std::int32_t first);
  void sample_next(Sequence& sequence);
};

}  // namespace pagequest::runtime
