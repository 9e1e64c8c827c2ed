// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/emitter.h"
#include "engine/runtime/engine_config.h"
#include "engine/runtime/engine_state.h"
#include "engine/runtime/sampler.h"

namespace pagequest::runtime {

Engine::Engine(const model::Model& model, const EngineConfig& config, EventSink& sink)
    : Engine(model, config, sink, backend_maker(runtime::resolve(config.device))) {}

Engine::Engine(const model::Model& model, const EngineConfig& config, EventSink& sink,
               const BackendMaker& maker)
    : state_(std::make_unique<State>(model, config, sink, maker)) {}

Engine::~Engine() = default;

SequenceId Engine::add(EpisodeId episode, std::span<const std::int32_t> prompt,
                       const Sampling& sampling, const kv::PolicySpec& policy) {
  check_sampling(sampling);
  kv::EvictionController controller =
      controller_for(policy, state_->config, state_->model.config());
  state_->check_prompt(episode, std::ssize(prompt), policy);
  flush();
  Sequence& sequence = state_->insert(state_->new_sequence(episode, Thread::main, sampling));
  sequence.captures =
      state_->config.capture && (state_->sink.wants_attention() || controller.needs_attention());
  sequence.compact_positions = controller.positions() == kv::Positions::compact;
  sequence.reads = reads_for(controller, state_->config, state_->model.config());
  sequence.controller.emplace(std::move(controller));
  emit(sequence, state_->sink, EpisodeBegan{.episode = episode});
  state_->push(sequence, prompt);
  state_->sink.rethrow();
  return sequence.id;
}

void Engine::check_prompt(EpisodeId episode, std::int64_t tokens,
                          const kv::PolicySpec& policy) const {
  state_->check_prompt(episode, tokens, policy);
}

SequenceId Engine::fork(SequenceId parent, std::span<const std::int32_t> input,
                        const Sampling& sampling) {
  check_sampling(sampling);
  const Sequence& from = state_->at(parent);
  PQ_CHECK(from.queued() == 0, "a sequence is forked between its steps, with nothing queued");
  Sequence& sequence =
      state_->insert(state_->new_sequence(from.episode, Thread::auxiliary, sampling));
  sequence.history = from.history;
  sequence.tables = from.tables.fork();
  sequence.compact_positions = from.compact_positions;
  sequence.replayed = from.replayed;
  sequence.prefix = from.prefix;
  sequence.prefix_pages = from.prefix_pages;
  sequence.reads = from.reads;
  sequence.selected = from.selected;
  sequence.captures = state_->config.capture && state_->sink.wants_attention();
  sequence.fork_point = from.history.next_position();
  state_->push(sequence, input);
  return sequence.id;
}

void Engine::append(SequenceId sequence, std::span<const std::int32_t> tokens) {
  state_->push(state_->at(sequence), tokens);
}

void Engine::release(SequenceId sequence) {
  state_->flush();
  PQ_CHECK(state_->sequences.erase(sequence) == 1, "a sequence is released once");
  state_->sink.rethrow();
}

void Engine::notify(SequenceId main_sequence, const Event& event) {
  state_->flush();
  Sequence& sequence = state_->at(main_sequence);
  if (const auto* turn = std::get_if<TurnBegan>(&event)) sequence.turn = turn->turn;
  emit(sequence, state_->sink, event);
  state_->sink.rethrow();
}

void Engine::turn_boundary(SequenceId main_sequence, std::int32_t turn) {
  state_->turn_boundary(state_->at(main_sequence), turn);
  state_->sink.rethrow();
}

void Engine::evict(SequenceId id, std::int32_t group, TokenSpan span) {
  flush();
  Sequence& sequence = state_->at(id);
  (void)sequence.history.evict(group, span);
  sequence.replay_evictions();
}

std::span<const SampledToken> Engine::step() {
  state_->step();
  state_->sink.rethrow();
  return state_->sampled;
}

void Engine::flush() {
  state_->flush();
  state_->sink.rethrow();
}

bool Engine::has_queued_input() const {
  return std::any_of(state_->sequences.begin(), state_->sequences.end(),
                     [](const auto& entry) { return entry.second.queued() > 0; });
}

std::int32_t Engine::next_position(SequenceId sequence) const {
  const Sequence& s = state_->at(sequence);
  return s.history.next_position() + s.queued();
}

std::int32_t Engine::live_tokens(SequenceId sequence) const {
  return state_->at(sequence).history.live_tokens();
}

std::int32_t Engine::own_tokens(SequenceId sequence) const {
  return state_->at(sequence).history.live_tokens(state_->at(sequence).fork_point);
}

std::int32_t Engine::mapped_pages(SequenceId sequence) const {
  return state_->at(sequence).history.live_pages();
}

PoolUsage Engine::pool_usage() const {
  return {.used_pages = state_->pool.used_pages(),
          .total_pages = state_->pool.total_pages(),
          .page_bytes = state_->backend->page_bytes(),
          .preemptions = state_->preemptions};
}

const KvGroups& Engine::kv_groups() const { return state_->groups; }

Inspection Engine::inspect() const {
  state_->flush();
  state_->sink.rethrow();
  return state_->inspect();
}

std::int32_t Engine::steps(SequenceId sequence) const {
  state_->flush();
  state_->sink.rethrow();
  return state_->at(sequence).steps;
}

std::span<const float> Engine::last_logits(SequenceId sequence) const {
  return state_->at(sequence).logits;
}

}  // namespace pagequest::runtime
