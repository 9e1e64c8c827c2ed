// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/engine_state.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/kv/policies/registry.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::runtime {

Engine::State::State(const model::Model& model_, const EngineConfig& config_, EventSink& sink_,
                     const BackendMaker& maker)
    : model(model_),
      config(resolve(config_, model)),
      sink(sink_),
      groups(model.config(), config.kv_tables),
      pool(physical_pages(config, groups, maker.block_bytes(config, model.config()))),
      backend(maker.make(model, config, groups, pool.total_pages())) {
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
  if (config.keep_logits) {
    sequence.logits.resize(static_cast<std::size_t>(model.config().vocabulary));
  }
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

void Engine::State::turn_boundary(Sequence& sequence, std::int32_t turn) {
  flush();
  sequence.turn = turn;
  if (!sequence.controller) return;
  const auto& victims = sequence.controller->victims(kv::DecisionPoint::turn_boundary);
  emit_lost(sequence, sink, drop(sequence, groups, victims));
}

}  // namespace pagequest::runtime
