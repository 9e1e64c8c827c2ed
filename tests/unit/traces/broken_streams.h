// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include <catch2/catch.hpp>

#include "tests/support/synthetic_trace.h"
#include "tests/support/trace_events.h"
#include "traces/check.h"

/// A valid stream of events with one violation planted, and the rules that it breaks.
namespace pagequest::testing {

inline const SyntheticOptions kOptions{
    .episodes = 1, .turns = 10, .seed = 5, .captures = all_captures()};

inline Stream valid_stream() {
  traces::EventCollector collector;
  emit_synthetic_trace(kOptions, collector);
  return std::move(collector.events);
}

inline std::set<std::string> broken_rules(const Stream& stream) {
  traces::EpisodeChecker checker(synthetic_header(kOptions));
  for (const auto& event : stream) checker.on(event.view());
  std::set<std::string> rules;
  for (const auto& finding : checker.take()) rules.emplace(finding.rule);
  return rules;
}

/// Index of the n-th event of type E for which `wanted` holds.
template <class E>
std::size_t find(const Stream& stream, int n, const std::function<bool(const E&)>& wanted = {}) {
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const Event event = stream[i].view();
    const auto* e = std::get_if<E>(&event);
    if (e != nullptr && (!wanted || wanted(*e)) && n-- == 0) return i;
  }
  FAIL("the stream has no such event");
  return 0;
}

/// A valid stream whose n-th event of type E is changed.
template <class E>
Stream changed(int n, const std::function<void(E&)>& change,
               const std::function<bool(const E&)>& wanted = {}) {
  Stream stream = valid_stream();
  traces::OwnedEvent& owned = stream[find<E>(stream, n, wanted)];
  Event event = owned.view();
  change(std::get<E>(event));
  owned = traces::OwnedEvent(event);
  return stream;
}

/// A valid stream without its n-th event of type E.
template <class E>
Stream without(int n, const std::function<bool(const E&)>& wanted = {}) {
  Stream stream = valid_stream();
  stream.erase(stream.begin() + static_cast<std::ptrdiff_t>(find<E>(stream, n, wanted)));
  return stream;
}

/// A valid stream with its n-th event of type E twice.
template <class E>
Stream doubled(int n) {
  Stream stream = valid_stream();
  const auto at = static_cast<std::ptrdiff_t>(find<E>(stream, n));
  const traces::OwnedEvent copy = stream[static_cast<std::size_t>(at)];
  stream.insert(stream.begin() + at, copy);
  return stream;
}

inline bool breaks(const Stream& stream, const std::string& rule) {
  return broken_rules(stream).contains(rule);
}

}  // namespace pagequest::testing
