// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/runtime/engine_state.h"
#include "engine/runtime/prefix_sharing.h"
#include "engine/runtime/scheduler.h"

namespace pagequest::runtime {

void Engine::State::step() {
  sampled.clear();
  compact();
  share_prefixes();
  std::vector<ScheduledChunk> chunks = schedule_batch();
  if (chunks.empty()) return flush();
  run(prepare_batch(std::move(chunks), model.config(), config));
  ++iteration;
  refuse_bad_logits();
}

void Engine::State::compact() {
  // What moves next may depend on moves that still wait, because a step failed: those come first.
  if (!config.compact_pages || !moves_.empty()) return;
  for (auto& [id, sequence] : sequences) {
    const std::vector<kv::RowMove> moves = sequence.tables.compact();
    moves_.insert(moves_.end(), moves.begin(), moves.end());
  }
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
    if (is_new && tokens > 0) {
      flush();
      sequence.history.append(sequence.front(tokens));
      Step step{&sequence, iteration, 0, tokens, nullptr};
      advance(step);
      observe(step);
    }
    sequence.replay_evictions();
    sequence.tables.leave_windows();
  }
}

std::vector<ScheduledChunk> Engine::State::schedule_batch() {
  Schedule plan = schedule(in_order(), pool, prefixes ? &*prefixes : nullptr, config);
  preemptions += plan.preempted;
  return std::move(plan.chunks);
}

void Engine::State::run(Batch next) {
  backend->place_captures(next.chunks);
  backend->begin(iteration, {.moves = moves_, .copies = next.copies}, next.chunks);
  moves_.clear();
  flush();
  backend->finish_tokens();
  batch_ = std::move(next);
  has_captures_ = true;
  for (std::size_t i = 0; i < batch_.chunks.size(); ++i) {
    finish(batch_.scheduled[i], batch_.chunks[i]);
  }
}

void Engine::State::finish(const ScheduledChunk& scheduled, const ForwardChunk& chunk) {
  Sequence& sequence = *scheduled.sequence;
  if (!scheduled.recomputed) sequence.history.append(chunk.tokens);
  if (prefixes) register_pages(sequence, *prefixes);
  if (!scheduled.recomputed) {
    Step step{&sequence, iteration, chunk.first_position, scheduled.tokens, &chunk};
    advance(step);
    held_.push_back(std::move(step));
    if (!*config.overlap) flush();
  }
  sequence.replay_evictions();
  sequence.tables.leave_windows();
  if (chunk.next_token != nullptr) sampled.push_back({sequence.id, *chunk.next_token});
}

void Engine::State::advance(Step& step) {
  Sequence& sequence = *step.sequence;
  step.bounds = bounds_of(step);
  sequence.pop(step.tokens);
  if (*config.policy_lag_steps > 0 && sequence.controller) {
    step.lost = drop(sequence, groups, sequence.controller->due());
  }
}

std::vector<KeyBounds> Engine::State::bounds_of(const Step& step) {
  std::vector<KeyBounds> bounds;
  if (!config.capture_options.key_bounds || !step.sequence->captures) return bounds;
  const std::int32_t full_pages = (step.first + step.tokens) / config.page_size;
  for (std::int32_t page = step.first / config.page_size; page < full_pages; ++page) {
    bounds.push_back(backend->key_bounds(step.sequence->tables, page));
  }
  return bounds;
}

void Engine::State::flush() {
  if (std::exchange(has_captures_, false)) backend->finish_captures();
  for (const Step& step : std::exchange(held_, {})) observe(step);
}

void Engine::State::observe(const Step& step) {
  Sequence& sequence = *step.sequence;
  const auto tokens = sequence.history.tokens().subspan(static_cast<std::size_t>(step.first),
                                                        static_cast<std::size_t>(step.tokens));
  const bool decodes = step.chunk != nullptr && step.tokens == 1;
  emit_filled(sequence, sink, tokens, step.first, decodes ? StepKind::decode : StepKind::prefill,
              step.iteration);
  if (step.chunk != nullptr && step.chunk->captures) {
    emit_attended(sequence, sink, model.config(), groups, *step.chunk);
  }
  std::int32_t page = step.first / config.page_size;
  for (const KeyBounds& bounds : step.bounds) {
    emit_key_bounds(sequence, sink, model.config(), page++, bounds);
  }
  if (step.chunk != nullptr && step.chunk->tokens_read != nullptr) {
    emit_keys_read(sequence, sink, model.config(), step.chunk->tokens_read);
  }
  ++sequence.steps;
  decide(step);
}

void Engine::State::decide(const Step& step) {
  Sequence& sequence = *step.sequence;
  if (!sequence.controller) return;
  const std::vector<kv::Victim>& victims =
      sequence.controller->victims(kv::DecisionPoint::step_end);
  if (*config.policy_lag_steps == 0) {
    emit_lost(sequence, sink, drop(sequence, groups, victims));
  } else {
    PQ_CHECK(std::ranges::equal(victims, step.lost, {}, {}, &Lost::victim),
             "what is due does not depend on the step's events");
    emit_lost(sequence, sink, step.lost);
  }
  emit_requantised(sequence, sink);
}

void Engine::State::refuse_bad_logits() {
  const auto bad = std::ranges::find_if(sampled, [](const auto& token) { return token.token < 0; });
  if (bad == sampled.end()) return;
  flush();
  const Sequence& sequence = at(bad->sequence);
  throw input_error({.what = "the model computes logits that are not finite",
                     .where = "episode " + std::to_string(sequence.episode.value) + ", position " +
                              std::to_string(sequence.history.next_position() - 1),
                     .found = "NaN or infinity",
                     .expected = "numbers",
                     .hint = "check the checkpoint's weights, or use a wider KV storage"});
}

}  // namespace pagequest::runtime
