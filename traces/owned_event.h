// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/event_sink.h"
#include "base/events.h"

namespace pagequest::traces {

/// An event with its own copies of what the event's spans and views refer to.
class OwnedEvent {
 public:
  explicit OwnedEvent(const Event& event);
  OwnedEvent(OwnedEvent&&) noexcept = default;  // moved vectors keep their storage
  OwnedEvent& operator=(OwnedEvent&&) noexcept = default;
  OwnedEvent(const OwnedEvent& other);
  OwnedEvent& operator=(const OwnedEvent& other);
  ~OwnedEvent() = default;

  /// Valid while this object lives and stays where it is.
  [[nodiscard]] Event view() const;

 private:
  Event event_;
  std::vector<std::int32_t> integers_;  // tokens, pages or cursors
  std::vector<float> mean_;
  std::vector<float> max_;
  std::string text_;
};

/// Whether two events are equal in every field, floats bit for bit.
[[nodiscard]] bool same_event(const Event& a, const Event& b);

/// Keeps copies of all events.
class EventCollector final : public EventSink {
 public:
  void on(const Event& event) override { events.emplace_back(event); }

  std::vector<OwnedEvent> events;
};

}  // namespace pagequest::traces
