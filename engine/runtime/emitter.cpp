// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/emitter.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "engine/kv/matching_bits.h"
#include "engine/runtime/query_cosine.h"

namespace pagequest::runtime {

void emit(Sequence& sequence, EventSink& sink, const Event& event) {
  sink.on(event);
  if (sequence.controller) sequence.controller->observe(event);
}

void emit_filled(Sequence& sequence, EventSink& sink, std::span<const std::int32_t> tokens,
                 std::int32_t first, StepKind kind, std::int64_t iteration) {
  emit(sequence, sink,
       TokensFilled{.episode = sequence.episode,
                    .thread = sequence.thread,
                    .kind = kind,
                    .step = sequence.steps,
                    .iteration = iteration,
                    .first = first,
                    .tokens = tokens});
}

namespace {

template <class T>
std::span<const T> span_of(const T* values, std::int64_t count) {
  if (values == nullptr) return {};
  return {values, static_cast<std::size_t>(count)};
}

/// (layer): first column that any of the layer's KV heads has a page for.
std::vector<std::int32_t> first_columns(const ForwardChunk& chunk, const KvGroups& groups,
                                        const model::ModelConfig& model) {
  std::vector<std::int32_t> first;
  for (std::int32_t layer = 0; layer < model.layers; ++layer) {
    std::int32_t least = static_cast<std::int32_t>(chunk.listed());
    for (std::int32_t head = 0; head < model.kv_heads; ++head) {
      const auto group = static_cast<std::size_t>(groups.group_of(layer, head));
      least = std::min(least, chunk.groups[group].columns.front());
    }
    first.push_back(model.window(layer) == 0 ? 0 : least);
  }
  return first;
}

/// (page of the group): the step's mean mass over the group's layers and KV heads.
std::vector<PageMass> masses_in(const KvGroup& group, const GroupPages& pages,
                                const ForwardChunk& chunk, std::int32_t kv_heads) {
  const float planes = static_cast<float>(group.layers.size() * group.kv_heads.size());
  std::vector<PageMass> masses;
  masses.reserve(pages.columns.size());
  for (const std::int32_t column : pages.columns) {
    masses.push_back({chunk.listed_pages[static_cast<std::size_t>(column)], 0.0F});
  }
  for (const std::int32_t layer : group.layers) {
    for (const std::int32_t head : group.kv_heads) {
      const float* row =
          chunk.capture.mean + (std::int64_t{layer} * kv_heads + head) * chunk.listed();
      for (std::size_t i = 0; i < masses.size(); ++i) {
        masses[i].mass += row[pages.columns[i]] / planes;
      }
    }
  }
  return masses;
}

/// Token sets come with a bit for a row of the page; makes it that of the token in the row.
void translate_token_sets(const ForwardChunk& chunk, const KvGroups& groups,
                          const model::ModelConfig& model) {
  std::uint64_t* sets = chunk.capture.tokens_above;
  if (sets == nullptr) return;
  for (std::size_t i = 0; i < chunk.capture.thresholds.size(); ++i) {
    for (std::int32_t layer = 0; layer < model.layers; ++layer) {
      for (std::int32_t head = 0; head < model.kv_heads; ++head, sets += chunk.listed()) {
        const GroupPages& group =
            chunk.groups[static_cast<std::size_t>(groups.group_of(layer, head))];
        for (const CompactedPage& page : group.compacted) {
          std::uint64_t& set = sets[group.columns[page.index]];
          set = kv::matching_bits(set, group.pages[page.index].live, page.live);
        }
      }
    }
  }
}

void keep_masses(Sequence& sequence, const KvGroups& groups, const ForwardChunk& chunk,
                 std::int32_t kv_heads) {
  sequence.last_masses.clear();
  for (std::size_t group = 0; group < groups.groups().size(); ++group) {
    sequence.last_masses.push_back(
        masses_in(groups.groups()[group], chunk.groups[group], chunk, kv_heads));
  }
}

}  // namespace

void emit_attended(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                   const KvGroups& groups, const ForwardChunk& chunk) {
  translate_token_sets(chunk, groups, model);
  const CaptureBuffers& capture = chunk.capture;
  const std::int64_t planes = std::int64_t{model.layers} * model.kv_heads;
  const std::int64_t masses = planes * chunk.listed();
  const std::int64_t query_heads = std::int64_t{model.layers} * model.query_heads;
  std::vector<std::int32_t> first_page;
  if (groups.has_windows()) first_page = first_columns(chunk, groups, model);
  const auto query = span_of(capture.last_query, query_heads * model.head_dim);
  const std::vector<float> cosine = query_cosine(sequence.last_query, query, model);
  emit(sequence, sink,
       PagesAttended{
           .episode = sequence.episode,
           .thread = sequence.thread,
           .step = sequence.steps,
           .query_rows = chunk.capture_rows,
           .layers = model.layers,
           .kv_heads = model.kv_heads,
           .pages = chunk.listed_pages,
           .mean = span_of(capture.mean, masses),
           .max = span_of(capture.max, masses),
           .first_page = first_page,
           .sink_share = span_of(capture.sink_share, planes),
           .query_head_mass = span_of(capture.query_head_mass, query_heads * chunk.listed()),
           .thresholds = capture.thresholds,
           .tokens_above = span_of(capture.tokens_above, std::ssize(capture.thresholds) * masses),
           .query_cosine = cosine});
  sequence.last_query.assign(query.begin(), query.end());
  keep_masses(sequence, groups, chunk, model.kv_heads);
}

void emit_keys_read(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                    const std::int32_t* tokens) {
  emit(sequence, sink,
       KeysRead{.episode = sequence.episode,
                .thread = sequence.thread,
                .step = sequence.steps,
                .layers = model.layers,
                .kv_heads = model.kv_heads,
                .tokens = span_of(tokens, std::int64_t{model.layers} * model.kv_heads)});
}

void emit_key_bounds(Sequence& sequence, EventSink& sink, const model::ModelConfig& model,
                     std::int32_t page, const KeyBounds& bounds) {
  emit(sequence, sink,
       KeysBounded{.episode = sequence.episode,
                   .thread = sequence.thread,
                   .step = sequence.steps,
                   .page = page,
                   .layers = model.layers,
                   .kv_heads = model.kv_heads,
                   .head_dim = model.head_dim,
                   .lowest = bounds.lowest,
                   .highest = bounds.highest});
}

namespace {

Lost drop(Sequence& sequence, const KvGroups& groups, const kv::Victim& victim) {
  Lost lost{.victim = victim, .tokens = 0, .gone = {}};
  if (victim.scope == kv::Scope{}) {
    lost.gone.push_back(sequence.history.evict(victim.span));
    lost.tokens = lost.gone[0].tokens;
    return lost;
  }
  for (const std::int32_t group : groups.groups_of(victim.scope.layer, victim.scope.kv_head)) {
    kv::TakenTokens taken = sequence.history.evict(group, victim.span);
    lost.tokens = taken.tokens;
    lost.gone.insert(lost.gone.end(), taken.gone.begin(), taken.gone.end());
  }
  return lost;
}

void emit_gone(Sequence& sequence, EventSink& sink, const kv::GoneTokens& gone) {
  const std::int32_t step = sequence.steps - 1;
  emit(sequence, sink,
       TokensEvicted{.episode = sequence.episode,
                     .step = step,
                     .turn = sequence.turn,
                     .span = gone.span,
                     .tokens = gone.tokens});
  for (const std::int32_t page : gone.free_pages) {
    emit(sequence, sink,
         PageFreed{
             .episode = sequence.episode, .thread = sequence.thread, .step = step, .page = page});
  }
}

}  // namespace

std::vector<Lost> drop(Sequence& sequence, const KvGroups& groups,
                       std::span<const kv::Victim> victims) {
  std::vector<Lost> lost;
  for (const kv::Victim& victim : victims) lost.push_back(drop(sequence, groups, victim));
  sequence.replay_evictions();
  return lost;
}

void emit_lost(Sequence& sequence, EventSink& sink, std::span<const Lost> lost) {
  for (const Lost& one : lost) {
    if (one.victim.scope != kv::Scope{}) {
      emit(sequence, sink,
           HeadTokensEvicted{.episode = sequence.episode,
                             .step = sequence.steps - 1,
                             .turn = sequence.turn,
                             .layer = one.victim.scope.layer,
                             .kv_head = one.victim.scope.kv_head,
                             .span = one.victim.span,
                             .tokens = one.tokens});
    }
    for (const kv::GoneTokens& gone : one.gone) emit_gone(sequence, sink, gone);
  }
}

void emit_requantised(Sequence& sequence, EventSink& sink) {
  for (const TokensRequantised& event :
       sequence.controller->take_requantised(sequence.episode, sequence.steps - 1, sequence.turn)) {
    emit(sequence, sink, event);
  }
}

}  // namespace pagequest::runtime
