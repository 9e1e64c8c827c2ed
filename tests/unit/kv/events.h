// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/unit_views.h"

/// Events of episode 0's main thread, for tests of policies.
namespace pagequest::testing {

using Spans = std::vector<TokenSpan>;
using Victims = std::vector<kv::Victim>;

/// Of victims that every head loses.
inline Spans spans_of(const Victims& victims) {
  Spans spans;
  for (const kv::Victim& victim : victims) spans.push_back(victim.span);
  return spans;
}

inline std::vector<kv::UnitView> pages_of(const kv::UnitViews& views, std::int32_t scope = 0) {
  const auto pages = views.pages(scope);
  return {pages.begin(), pages.end()};
}

inline std::vector<kv::UnitView> messages_of(const kv::UnitViews& views, std::int32_t scope = 0) {
  std::vector<kv::UnitView> messages;
  views.messages(scope, messages);
  return messages;
}

template <class Observer>
void fill(Observer& observer, std::int32_t step, std::int32_t first, std::int32_t count,
          StepKind kind = StepKind::decode) {
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(count), 7);
  observer.observe(TokensFilled{.episode = EpisodeId{0},
                                .thread = Thread::main,
                                .kind = kind,
                                .step = step,
                                .iteration = step,
                                .first = first,
                                .tokens = tokens});
}

/// The masses are of (layer, KV head, page), means and maxima alike. Both must outlive the event.
inline PagesAttended attended(std::int32_t step, const kv::KvShape& shape,
                              const std::vector<std::int32_t>& pages,
                              const std::vector<float>& masses) {
  return {.episode = EpisodeId{0},
          .thread = Thread::main,
          .step = step,
          .query_rows = 1,
          .layers = shape.layers,
          .kv_heads = shape.kv_heads,
          .pages = pages,
          .mean = masses,
          .max = masses};
}

template <class Observer>
void attend_heads(Observer& observer, std::int32_t step, const kv::KvShape& shape,
                  const std::vector<std::int32_t>& pages, const std::vector<float>& masses) {
  observer.observe(attended(step, shape, pages, masses));
}

/// One layer and KV head.
template <class Observer>
void attend(Observer& observer, std::int32_t step, const std::vector<std::int32_t>& pages,
            const std::vector<float>& masses) {
  attend_heads(observer, step, {}, pages, masses);
}

template <class Observer>
void respond(Observer& observer, std::int32_t cursor, TokenSpan call, TokenSpan response) {
  observer.observe(ToolResponded{.episode = EpisodeId{0},
                                 .turn = 0,
                                 .cursor = cursor,
                                 .call = call,
                                 .response = response,
                                 .tool = "open"});
}

template <class Observer>
void join(Observer& observer, const std::vector<std::int32_t>& cursors, bool parsed = true) {
  observer.observe(AuxJoined{
      .episode = EpisodeId{0}, .turn = 1, .tokens = 9, .parsed = parsed, .cursors = cursors});
}

template <class Observer>
void evicted(Observer& observer, TokenSpan span) {
  observer.observe(TokensEvicted{
      .episode = EpisodeId{0}, .step = 0, .turn = 1, .span = span, .tokens = span.count});
}

/// From the heads of one scope.
template <class Observer>
void evicted_from(Observer& observer, kv::Scope scope, TokenSpan span) {
  observer.observe(HeadTokensEvicted{.episode = EpisodeId{0},
                                     .step = 0,
                                     .turn = 1,
                                     .layer = scope.layer,
                                     .kv_head = scope.kv_head,
                                     .span = span,
                                     .tokens = span.count});
}

}  // namespace pagequest::testing
