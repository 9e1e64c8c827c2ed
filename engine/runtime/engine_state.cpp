// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine_state.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/kv/policies/registry.h"
#include "engine/runtime/emitter.h"
#include "engine/runtime/engine_config.h"
#include "engine/runtime/key_bounds.h"
#include "engine/runtime/prefix_sharing.h"
#include "engine/runtime/sampler.h"

namespace pagequest::runtime {

Engine::State::State(const model::Model& model_, const EngineConfig& config_, EventSink& sink_)
    : model(model_),
      config(resolve(config_, model)),
      sink(sink_),
      groups(model.config(), config.kv_tables),
      cache(groups, physical_pages(config, groups, layout_of(config, model.config())),
            layout_of(config, model.config())),
      pool(physical_pages(config, groups, cache.layout())),
      forward(model, cache, config),
      capture(model.config(), config.capture_options) {
  if (config.prefix_sharing) prefixes.emplace(pool);
}

Sequence& Engine::State::at(SequenceId id) {
  const auto found = sequences.find(id);
  PQ_CHECK(found != sequences.end(), "the sequence was released or never added");
  return found->second;
}

Sequence Engine::State::new_sequence(EpisodeId episode, Thread thread, const Sampling& sampling) {
  Sequence sequence{.id = SequenceId{next_id++},
                    .episode = episode,
                    .thread = thread,
                    .sampling = sampling,
                    .history = History(groups, config.page_size),
                    .tables = SequenceTables(pool, groups, config.page_size),
                    .controller = {}};
  sequence.logits.resize(static_cast<std::size_t>(model.config().vocabulary));
  return sequence;
}

Sequence& Engine::State::insert(Sequence sequence) {
  const SequenceId id = sequence.id;
  return sequences.emplace(id, std::move(sequence)).first->second;
}

void Engine::State::push(Sequence& sequence, std::span<const std::int32_t> tokens) const {
  for (const std::int32_t token : tokens) {
    PQ_CHECK(token >= 0 && token < model.config().vocabulary, "tokens come from the vocabulary");
  }
  sequence.push(tokens);
}

std::vector<Sequence*> Engine::State::in_order() {
  std::vector<Sequence*> all;
  for (auto& [id, sequence] : sequences) all.push_back(&sequence);
  return all;
}

void Engine::State::check_prompt(EpisodeId episode, std::int64_t tokens,
                                 const kv::PolicySpec& policy) const {
  if (tokens > model.config().max_positions) {
    throw usage_error({.what = "the prompt is longer than the model's context",
                       .where = "episode " + std::to_string(episode.value),
                       .found = std::to_string(tokens) + " tokens",
                       .expected = "at most " + std::to_string(model.config().max_positions),
                       .hint = {}});
  }
  // A budget policy may free a part of the prompt before the rest arrives.
  if (kv::find_policy(policy.name).trigger == kv::Trigger::budget) return;
  const std::int64_t pages = pages_of_prompt(tokens);
  if (pages <= pool.total_pages()) return;
  throw usage_error(
      {.what = "the prompt is larger than the KV page pool",
       .where = "episode " + std::to_string(episode.value),
       .found = std::to_string(tokens) + " tokens, which take " + std::to_string(pages) + " pages",
       .expected = "at most " + std::to_string(pool.total_pages()) + " pages",
       .hint = std::string("raise ") + (config.pool_bytes > 0 ? "pool_bytes" : "pool_pages") +
               ", or choose a smaller KV storage"});
}

std::int64_t Engine::State::pages_of_prompt(std::int64_t tokens) const {
  const std::int64_t chunk =
      std::min({tokens, std::int64_t{config.prefill_chunk}, std::int64_t{config.max_batch_tokens}});
  std::int64_t pages = 0;
  for (const KvGroup& group : groups.groups()) {
    // Behind a window's tokens and the chunk, an incomplete page may be left on either side.
    const std::int64_t all = (tokens + config.page_size - 1) / config.page_size;
    const std::int64_t seen = (group.window - 1 + chunk) / config.page_size + 1;
    pages += group.window == 0 ? all : std::min(all, seen);
  }
  return pages;
}

void Engine::State::share_prefixes() {
  if (!prefixes) return;
  for (auto& [id, sequence] : sequences) {
    if (sequence.queued() == 0 || sequence.tables.next_position() > 0) continue;
    const bool is_new = !sequence.recomputes();
    // A preempted one takes pages that others wait for only when it can go on itself.
    if (!is_new && sequence.tables.pages_needed(sequence.recomputable()) > pool.free_pages()) {
      continue;
    }
    const std::int32_t tokens = share_prefix(sequence, *prefixes);
    if (is_new && tokens > 0) announce(sequence, tokens);
    sequence.replay_evictions();
    sequence.tables.leave_windows();
  }
}

void Engine::State::announce(Sequence& sequence, std::int32_t tokens) {
  sequence.history.append(sequence.front(tokens));
  emit_filled(sequence, sink, sequence.front(tokens), 0, StepKind::prefill, iteration);
  emit_key_bounds(sequence, 0);
  ++sequence.steps;
  sequence.pop(tokens);
  decide(sequence, kv::DecisionPoint::step_end);
}

void Engine::State::decide(Sequence& sequence, kv::DecisionPoint point) {
  if (sequence.controller) runtime::evict(sequence, sink, sequence.controller->victims(point));
}

void Engine::State::finish(const ScheduledChunk& scheduled, const ForwardChunk& chunk) {
  Sequence& sequence = *scheduled.sequence;
  if (!scheduled.recomputed) sequence.history.append(chunk.tokens);
  if (prefixes) register_pages(sequence, *prefixes);
  if (!scheduled.recomputed) end_step(sequence, chunk);
  sequence.replay_evictions();
  sequence.tables.leave_windows();
  if (!scheduled.recomputed && sequence.queued() == 0) sample_next(sequence);
}

void Engine::State::end_step(Sequence& sequence, const ForwardChunk& chunk) {
  const auto tokens = static_cast<std::int32_t>(chunk.tokens.size());
  emit_filled(sequence, sink, chunk.tokens, chunk.first_position,
              tokens == 1 ? StepKind::decode : StepKind::prefill, iteration);
  if (chunk.captures) {
    emit_attended(sequence, sink, model.config(), groups, chunk);
    emit_key_bounds(sequence, chunk.first_position);
  }
  ++sequence.steps;
  sequence.pop(tokens);
  decide(sequence, kv::DecisionPoint::step_end);
}

void Engine::State::emit_key_bounds(Sequence& sequence, std::int32_t first) {
  if (!config.capture_options.key_bounds || !sequence.captures) return;
  const std::int32_t full_pages = sequence.tables.next_position() / config.page_size;
  for (std::int32_t page = first / config.page_size; page < full_pages; ++page) {
    const KeyBounds bounds = key_bounds(sequence.tables, page, cache, model.config());
    emit(sequence, sink,
         KeysBounded{.episode = sequence.episode,
                     .thread = sequence.thread,
                     .step = sequence.steps,
                     .page = page,
                     .layers = model.config().layers,
                     .kv_heads = model.config().kv_heads,
                     .head_dim = model.config().head_dim,
                     .lowest = bounds.lowest,
                     .highest = bounds.highest});
  }
}

void Engine::State::sample_next(Sequence& sequence) {
  const std::int32_t position = sequence.history.next_position();
  const bool finite =
      std::ranges::all_of(sequence.logits, [](float logit) { return std::isfinite(logit); });
  if (!finite) {
    throw input_error({.what = "the model computes logits that are not finite",
                       .where = "episode " + std::to_string(sequence.episode.value) +
                                ", position " + std::to_string(position - 1),
                       .found = "NaN or infinity",
                       .expected = "numbers",
                       .hint = "check the checkpoint's weights, or use a wider KV storage"});
  }
  sampled.push_back({sequence.id, sample(sequence.logits, sequence.sampling, position)});
}

}  // namespace pagequest::runtime
