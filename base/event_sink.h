// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/events.h"

namespace pagequest {

/// Receives the events of many episodes, interleaved as they happen; the events of one episode
/// arrive in order, from EpisodeBegan to EpisodeEnded. Called from one thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// May throw Error (a full disk, say); the emitter stops then.
  virtual void on(const Event& event) = 0;
  /// Whether PagesAttended events are wanted; an engine may skip the capture if not.
  [[nodiscard]] virtual bool wants_attention() const { return true; }
};

/// Drops everything.
class NullSink final : public EventSink {
 public:
  void on(const Event& /*event*/) override {}
  [[nodiscard]] bool wants_attention() const override { return false; }
};

/// Visitor glue: std::visit(Overloaded{[](const TurnBegan&) {...}, [](const auto&) {}}, event).
template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace pagequest
