// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/owned_event.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace pagequest::traces {
namespace {

bool same(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bool same(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

bool equal(const EpisodeBegan& a, const EpisodeBegan& b) { return a.episode == b.episode; }
bool equal(const TokensFilled& a, const TokensFilled& b) {
  return std::tie(a.episode, a.thread, a.kind, a.step, a.iteration, a.first) ==
             std::tie(b.episode, b.thread, b.kind, b.step, b.iteration, b.first) &&
         same(a.tokens, b.tokens);
}
bool equal(const PagesAttended& a, const PagesAttended& b) {
  return std::tie(a.episode, a.thread, a.step, a.query_rows, a.layers, a.kv_heads) ==
             std::tie(b.episode, b.thread, b.step, b.query_rows, b.layers, b.kv_heads) &&
         same(a.pages, b.pages) && same(a.mean, b.mean) && same(a.max, b.max);
}
bool equal(const TokensEvicted& a, const TokensEvicted& b) {
  return std::tie(a.episode, a.step, a.turn, a.span, a.tokens) ==
         std::tie(b.episode, b.step, b.turn, b.span, b.tokens);
}
bool equal(const PageFreed& a, const PageFreed& b) {
  return std::tie(a.episode, a.thread, a.step, a.page) ==
         std::tie(b.episode, b.thread, b.step, b.page);
}
bool equal(const TurnBegan& a, const TurnBegan& b) {
  return std::tie(a.episode, a.turn) == std::tie(b.episode, b.turn);
}
bool equal(const ToolResponded& a, const ToolResponded& b) {
  return std::tie(a.episode, a.turn, a.cursor, a.call, a.response, a.tool) ==
         std::tie(b.episode, b.turn, b.cursor, b.call, b.response, b.tool);
}
bool equal(const AuxForked& a, const AuxForked& b) {
  return std::tie(a.episode, a.turn, a.step, a.fork_point, a.shared_pages) ==
         std::tie(b.episode, b.turn, b.step, b.fork_point, b.shared_pages);
}
bool equal(const AuxJoined& a, const AuxJoined& b) {
  return std::tie(a.episode, a.turn, a.tokens, a.parsed) ==
             std::tie(b.episode, b.turn, b.tokens, b.parsed) &&
         same(a.cursors, b.cursors);
}
bool equal(const EpisodeEnded& a, const EpisodeEnded& b) {
  return std::tie(a.episode, a.outcome, a.correct, a.strict, a.turns, a.needed_calls, a.calls,
                  a.peak_tokens, a.peak_tokens_with_aux, a.aux_tokens, a.kv_reads_tokens) ==
         std::tie(b.episode, b.outcome, b.correct, b.strict, b.turns, b.needed_calls, b.calls,
                  b.peak_tokens, b.peak_tokens_with_aux, b.aux_tokens, b.kv_reads_tokens);
}

}  // namespace

OwnedEvent::OwnedEvent(const Event& event) : event_(event) {
  std::visit(Overloaded{[this](const TokensFilled& filled) {
                          integers_.assign(filled.tokens.begin(), filled.tokens.end());
                        },
                        [this](const PagesAttended& attended) {
                          integers_.assign(attended.pages.begin(), attended.pages.end());
                          mean_.assign(attended.mean.begin(), attended.mean.end());
                          max_.assign(attended.max.begin(), attended.max.end());
                        },
                        [this](const ToolResponded& tool) { text_ = tool.tool; },
                        [this](const AuxJoined& joined) {
                          integers_.assign(joined.cursors.begin(), joined.cursors.end());
                        },
                        [](const auto&) {}},
             event);
}

OwnedEvent::OwnedEvent(const OwnedEvent& other) : OwnedEvent(other.view()) {}

OwnedEvent& OwnedEvent::operator=(const OwnedEvent& other) {
  return *this = OwnedEvent(other.view());
}

Event OwnedEvent::view() const {
  Event event = event_;
  std::visit(Overloaded{[this](TokensFilled& filled) { filled.tokens = integers_; },
                        [this](PagesAttended& attended) {
                          attended.pages = integers_;
                          attended.mean = mean_;
                          attended.max = max_;
                        },
                        [this](ToolResponded& tool) { tool.tool = text_; },
                        [this](AuxJoined& joined) { joined.cursors = integers_; }, [](auto&) {}},
             event);
  return event;
}

bool same_event(const Event& a, const Event& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&b](const auto& event) {
        return equal(event, std::get<std::remove_cvref_t<decltype(event)>>(b));
      },
      a);
}

}  // namespace pagequest::traces
