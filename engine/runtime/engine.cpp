// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/kv/page_pool.h"
#include "engine/model/model.h"
#include "engine/runtime/batch.h"
#include "engine/runtime/emitter.h"
#include "engine/runtime/engine_config.h"
#include "engine/runtime/forward.h"
#include "engine/runtime/kv_cache.h"
#include "engine/runtime/sampler.h"
#include "engine/runtime/scheduler.h"
#include "engine/runtime/sequence.h"

namespace pagequest::runtime {
namespace {

ops::KvLayout layout_of(const model::ModelConfig& model, const EngineConfig& config) {
  return {.kv_heads = model.kv_heads, .head_dim = model.head_dim, .page_size = config.page_size};
}

}  // namespace

struct Engine::State {
  State(const model::Model& model_, const EngineConfig& config_, EventSink& sink_)
      : model(model_),
        config(resolve(config_)),
        sink(sink_),
        pool(config.pool_pages),
        cache(model.config().layers, config.pool_pages, layout_of(model.config(), config)),
        forward(model, cache, config.threads) {}

  [[nodiscard]] Sequence& at(SequenceId id) {
    const auto found = sequences.find(id);
    PQ_CHECK(found != sequences.end(), "the sequence was released or never added");
    return found->second;
  }

  Sequence& insert(EpisodeId episode, Thread thread, const Sampling& sampling,
                   kv::PageTable table) {
    const SequenceId id{next_id++};
    Sequence sequence{.id = id,
                      .episode = episode,
                      .thread = thread,
                      .sampling = sampling,
                      .table = std::move(table),
                      .controller = {}};
    sequence.logits.resize(static_cast<std::size_t>(model.config().vocabulary));
    return sequences.emplace(id, std::move(sequence)).first->second;
  }

  void push(Sequence& sequence, std::span<const std::int32_t> tokens) const {
    for (const std::int32_t token : tokens) {
      PQ_CHECK(token >= 0 && token < model.config().vocabulary, "tokens come from the vocabulary");
    }
    sequence.push(tokens);
  }

  [[nodiscard]] std::vector<Sequence*> in_order() {
    std::vector<Sequence*> all;
    for (auto& [id, sequence] : sequences) all.push_back(&sequence);
    return all;
  }

  void decide(Sequence& sequence, kv::DecisionPoint point) {
    if (sequence.controller) evict(sequence, sink, sequence.controller->victims(point));
  }

  void finish(const ScheduledChunk& scheduled, const ForwardChunk& chunk) {
    Sequence& sequence = *scheduled.sequence;
    emit_step(sequence, sink, model.config(), chunk, iteration);
    ++sequence.steps;
    sequence.pop(scheduled.tokens);
    decide(sequence, kv::DecisionPoint::step_end);
    if (sequence.queued() > 0) return;
    const std::int32_t position = sequence.table.next_position();
    sampled.push_back({sequence.id, sample(sequence.logits, sequence.sampling, position)});
  }

  const model::Model& model;
  EngineConfig config;
  EventSink& sink;
  kv::PagePool pool;
  KvCache cache;
  Forward forward;
  std::map<SequenceId, Sequence> sequences;
  std::int32_t next_id = 0;
  std::int64_t iteration = 0;
  std::vector<float> masses;
  std::vector<SampledToken> sampled;
};

Engine::Engine(const model::Model& model, const EngineConfig& config, EventSink& sink)
    : state_(std::make_unique<State>(model, config, sink)) {}

Engine::~Engine() = default;

SequenceId Engine::add(EpisodeId episode, std::span<const std::int32_t> prompt,
                       const Sampling& sampling, const kv::PolicySpec& policy) {
  check_sampling(sampling);
  kv::EvictionController controller(policy, state_->config.page_size);
  if (controller.needs_attention() && !state_->config.capture) {
    throw usage_error({.what = "the policy reads attention but capture is off",
                       .where = "policy `" + policy.name + "`",
                       .found = {},
                       .expected = {},
                       .hint = "turn capture on"});
  }
  Sequence& sequence = state_->insert(episode, Thread::main, sampling,
                                      kv::PageTable(state_->pool, state_->config.page_size));
  sequence.captures =
      state_->config.capture && (state_->sink.wants_attention() || controller.needs_attention());
  sequence.controller.emplace(std::move(controller));
  emit(sequence, state_->sink, EpisodeBegan{.episode = episode});
  state_->push(sequence, prompt);
  return sequence.id;
}

SequenceId Engine::fork(SequenceId parent, std::span<const std::int32_t> input,
                        const Sampling& sampling) {
  check_sampling(sampling);
  const Sequence& from = state_->at(parent);
  PQ_CHECK(from.queued() == 0, "a sequence is forked between its steps, with nothing queued");
  Sequence& sequence = state_->insert(from.episode, Thread::auxiliary, sampling, from.table.fork());
  sequence.captures = state_->config.capture && state_->sink.wants_attention();
  sequence.fork_point = from.table.next_position();
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

std::span<const SampledToken> Engine::step() {
  state_->sampled.clear();
  auto scheduled = schedule(state_->in_order(), state_->pool, state_->config);
  if (scheduled.empty()) return {};
  const Batch batch = prepare_batch(std::move(scheduled), state_->cache, state_->model.config(),
                                    state_->config, state_->masses);
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
  return s.table.next_position() + s.queued();
}

std::int32_t Engine::live_tokens(SequenceId sequence) const {
  return state_->at(sequence).table.live_tokens();
}

std::int32_t Engine::own_tokens(SequenceId sequence) const {
  const kv::PageTable& table = state_->at(sequence).table;
  return table.live_tokens() - table.live_tokens_before(state_->at(sequence).fork_point);
}

std::int32_t Engine::mapped_pages(SequenceId sequence) const {
  const std::span<const kv::PageSlot> slots = state_->at(sequence).table.slots();
  return static_cast<std::int32_t>(
      std::count_if(slots.begin(), slots.end(), [](const auto& slot) { return slot.live != 0; }));
}

PoolUsage Engine::pool_usage() const {
  return {.used_pages = state_->pool.used_pages(), .total_pages = state_->pool.total_pages()};
}

std::int32_t Engine::steps(SequenceId sequence) const { return state_->at(sequence).steps; }

std::span<const float> Engine::last_logits(SequenceId sequence) const {
  return state_->at(sequence).logits;
}

}  // namespace pagequest::runtime
