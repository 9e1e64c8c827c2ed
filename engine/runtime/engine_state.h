// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/kv/page_pool.h"
#include "engine/kv/prefix_cache.h"
#include "engine/model/model.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/batch.h"
#include "engine/runtime/emitter.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/guarded_sink.h"
#include "engine/runtime/kv_groups.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {

/// What an engine consists of, and the parts of an iteration.
///
/// An iteration has two halves. The first one brings history, queue and page tables up to date:
/// all that the next batch goes by. The second one sends events and asks policies, which need the
/// step's attention. Without a lag a policy's decision belongs to the tables, so each sequence goes
/// through both at once. With a lag, what goes was decided steps ago, and with
/// EngineConfig::overlap the second halves are held back until the next pass is under way.
struct Engine::State {
  State(const model::Model& model, const EngineConfig& config, EventSink& sink,
        const BackendMaker& maker);

  [[nodiscard]] Sequence& at(SequenceId id);
  Sequence& insert(Sequence sequence);
  [[nodiscard]] Sequence new_sequence(EpisodeId episode, Thread thread, const Sampling& sampling);
  void push(Sequence& sequence, std::span<const std::int32_t> tokens) const;

  /// Throws usage_error when a prompt cannot be held whatever is freed.
  void check_prompt(EpisodeId episode, std::int64_t tokens, const kv::PolicySpec& policy) const;
  void turn_boundary(Sequence& sequence, std::int32_t turn);
  /// One iteration: fills `sampled`.
  void step();
  /// Sends the events that are held back.
  void flush();
  [[nodiscard]] Inspection inspect() const;

  const model::Model& model;
  EngineConfig config;
  GuardedSink sink;
  KvGroups groups;
  kv::PagePool pool;
  std::unique_ptr<Backend> backend;
  std::optional<kv::PrefixCache> prefixes;  // with prefix_sharing
  std::map<SequenceId, Sequence> sequences;
  std::int32_t next_id = 0;
  std::int64_t iteration = 0;  // that comes next
  std::int64_t preemptions = 0;
  std::vector<SampledToken> sampled;

 private:
  /// A step of one sequence that is in its history, and what its events need beside it.
  struct Step {
    Sequence* sequence;
    std::int64_t iteration;
    std::int32_t first;  // position
    std::int32_t tokens;
    const ForwardChunk* chunk;           // null: announced only, nothing was computed
    std::vector<KeyBounds> bounds = {};  // of the pages that it filled
    std::vector<Lost> lost = {};         // with a lag: dropped at its end
  };

  [[nodiscard]] std::vector<Sequence*> in_order();
  /// Most physical pages that a prompt holds at once, at least.
  [[nodiscard]] std::int64_t pages_of_prompt(std::int64_t tokens) const;
  /// Lets the sequences that begin take cached pages, and announces their tokens.
  void share_prefixes();
  /// With compact_pages: compacts the tables, so that the schedule finds the pages that it frees.
  void compact();
  [[nodiscard]] std::vector<ScheduledChunk> schedule_batch();
  void run(Batch next);
  /// What follows a forward pass for one sequence.
  void finish(const ScheduledChunk& scheduled, const ForwardChunk& chunk);
  /// The first half of a step's end.
  void advance(Step& step);
  /// The second half: events, the policy's decision and, without a lag, what it drops.
  void observe(const Step& step);
  [[nodiscard]] std::vector<KeyBounds> bounds_of(const Step& step);
  void decide(const Step& step);
  void refuse_bad_logits();

  std::vector<kv::RowMove> moves_;  // that the next pass begins with
  Batch batch_;                     // of the last pass
  std::vector<Step> held_;          // of that pass, in order; their events are still to come
  bool has_captures_ = false;       // of that pass, which nobody has waited for
};

}  // namespace pagequest::runtime
