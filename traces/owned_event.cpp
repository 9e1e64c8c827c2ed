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

/// Bit for bit.
template <class T>
bool same(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

template <class T>
void copy(std::vector<T>& to, std::span<const T> from) {
  to.assign(from.begin(), from.end());
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
         same(a.pages, b.pages) && same(a.mean, b.mean) && same(a.max, b.max) &&
         same(a.first_page, b.first_page) && same(a.sink_share, b.sink_share) &&
         same(a.query_head_mass, b.query_head_mass) && same(a.thresholds, b.thresholds) &&
         same(a.tokens_above, b.tokens_above) && same(a.query_cosine, b.query_cosine);
}
bool equal(const KeysBounded& a, const KeysBounded& b) {
  return std::tie(a.episode, a.thread, a.step, a.page, a.layers, a.kv_heads, a.head_dim) ==
             std::tie(b.episode, b.thread, b.step, b.page, b.layers, b.kv_heads, b.head_dim) &&
         same(a.lowest, b.lowest) && same(a.highest, b.highest);
}
bool equal(const TokensEvicted& a, const TokensEvicted& b) {
  return std::tie(a.episode, a.step, a.turn, a.span, a.tokens) ==
         std::tie(b.episode, b.step, b.turn, b.span, b.tokens);
}
bool equal(const HeadTokensEvicted& a, const HeadTokensEvicted& b) {
  return std::tie(a.episode, a.step, a.turn, a.layer, a.kv_head, a.span, a.tokens) ==
         std::tie(b.episode, b.step, b.turn, b.layer, b.kv_head, b.span, b.tokens);
}
bool equal(const TokensRequantised& a, const TokensRequantised& b) {
  return std::tie(a.episode, a.step, a.turn, a.layer, a.kv_head, a.span, a.tokens, a.key_bits,
                  a.value_bits) == std::tie(b.episode, b.step, b.turn, b.layer, b.kv_head, b.span,
                                            b.tokens, b.key_bits, b.value_bits);
}
bool equal(const KeysRead& a, const KeysRead& b) {
  return std::tie(a.episode, a.thread, a.step, a.layers, a.kv_heads) ==
             std::tie(b.episode, b.thread, b.step, b.layers, b.kv_heads) &&
         same(a.tokens, b.tokens);
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
                        [this](const PagesAttended& attended) { own(attended); },
                        [this](const KeysBounded& bounded) {
                          copy(mean_, bounded.lowest);
                          copy(max_, bounded.highest);
                        },
                        [this](const KeysRead& read) { copy(integers_, read.tokens); },
                        [this](const ToolResponded& tool) { text_ = tool.tool; },
                        [this](const AuxJoined& joined) {
                          integers_.assign(joined.cursors.begin(), joined.cursors.end());
                        },
                        [](const auto&) {}},
             event);
}

void OwnedEvent::own(const PagesAttended& attended) {
  copy(integers_, attended.pages);
  copy(mean_, attended.mean);
  copy(max_, attended.max);
  copy(first_page_, attended.first_page);
  copy(sink_share_, attended.sink_share);
  copy(query_head_mass_, attended.query_head_mass);
  copy(thresholds_, attended.thresholds);
  copy(tokens_above_, attended.tokens_above);
  copy(query_cosine_, attended.query_cosine);
}

void OwnedEvent::refer(PagesAttended& attended) const {
  attended.pages = integers_;
  attended.mean = mean_;
  attended.max = max_;
  attended.first_page = first_page_;
  attended.sink_share = sink_share_;
  attended.query_head_mass = query_head_mass_;
  attended.thresholds = thresholds_;
  attended.tokens_above = tokens_above_;
  attended.query_cosine = query_cosine_;
}

OwnedEvent::OwnedEvent(const OwnedEvent& other) : OwnedEvent(other.view()) {}

OwnedEvent& OwnedEvent::operator=(const OwnedEvent& other) {
  return *this = OwnedEvent(other.view());
}

Event OwnedEvent::view() const {
  Event event = event_;
  std::visit(Overloaded{[this](TokensFilled& filled) { filled.tokens = integers_; },
                        [this](PagesAttended& attended) { refer(attended); },
                        [this](KeysBounded& bounded) {
                          bounded.lowest = mean_;
                          bounded.highest = max_;
                        },
                        [this](KeysRead& read) { read.tokens = integers_; },
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
