// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/runtime/emitter.h"
#include "engine/runtime/engine_config.h"
#include "engine/runtime/engine_state.h"
#include "engine/runtime/sampler.h"
#include "engine/runtime/scheduler.h"

namespace pagequest::runtime {

Engine::Engine(const model::Model& model, const EngineConfig& config, EventSink& sink)
    : state_(std::make_unique<State>(model, config, sink)) {}

Engine::~Engine() = default;

SequenceId Engine::add(EpisodeId episode, std::span<const std::int32_t> prompt,
                       const Sampling& sampling, const kv::PolicySpec& policy) {
  check_sampling(sampling);
  kv::EvictionController controller = controller_for(policy, state_->config);
  state_->check_prompt(episode, std::ssize(prompt), policy);
  Sequence& sequence = state_->insert(state_->new_sequence(episode, Thread::main, sampling));
  sequence.captures =
      state_->config.capture && (state_->sink.wants_attention() || controller.needs_attention());
  sequence.controller.emplace(std::move(controller));
  emit(sequence, state_->sink, EpisodeBegan{.episode = episode});
  state_->push(sequence, prompt);
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
  sequence.replayed = from.replayed;
  sequence.prefix = from.prefix;
  sequence.prefix_pages = from.prefix_pages;
  sequence.captures = state_->config.capture && state_->sink.wants_attention();
  sequence.fork_point = from.history.next_position();
  state_->push(sequence, input);
  return sequence.id;
}

void Engine::append(SequenceId sequence, std::span<const std::int32_t> tokens) {
  state_->push(state_->at(sequence), tokens);
}

void Engine::release(SequenceId sequence) {
  PQ_CHECK(state_->sequences.erase(sequence) == 1, "a sequence is released once");
}

void Engine::notify(SequenceId main_sequence, const Event& event) {
  Sequence& sequence = state_->at(main_sequence);
  if (const auto* turn = std::get_if<TurnBegan>(&event)) sequence.turn = turn->turn;
  emit(sequence, state_->sink, event);
}

void Engine::turn_boundary(SequenceId main_sequence, std::int32_t turn) {
  Sequence& sequence = state_->at(main_sequence);
  sequence.turn = turn;
  state_->decide(sequence, kv::DecisionPoint::turn_boundary);
}

void Engine::evict(SequenceId id, std::int32_t group, TokenSpan span) {
  Sequence& sequence = state_->at(id);
  (void)sequence.history.evict(group, span);
  sequence.replay_evictions();
}

std::span<const SampledToken> Engine::step() {
  state_->sampled.clear();
  state_->share_prefixes();
  auto* prefixes = state_->prefixes ? &*state_->prefixes : nullptr;
  Schedule plan = schedule(state_->in_order(), state_->pool, prefixes, state_->config);
  state_->preemptions += plan.preempted;
  if (plan.chunks.empty()) return {};
  const Batch batch = prepare_batch(std::move(plan.chunks), state_->cache, state_->model.config(),
                                    state_->config, state_->capture);
  state_->forward.run(batch.chunks);
  for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
    state_->finish(batch.scheduled[i], batch.chunks[i]);
  }
  ++state_->iteration;
  return state_->sampled;
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
          .page_bytes = state_->cache.page_bytes(),
          .preemptions = state_->preemptions};
}

const KvGroups& Engine::kv_groups() const { return state_->groups; }

Inspection Engine::inspect() const { return state_->inspect(); }

std::int32_t Engine::steps(SequenceId sequence) const { return state_->at(sequence).steps; }

std::span<const float> Engine::last_logits(SequenceId sequence) const {
  return state_->at(sequence).logits;
}

}  // namespace pagequest::runtime
