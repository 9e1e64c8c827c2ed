// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
  void own(const PagesAttended& attended);
  void refer(PagesAttended& attended) const;

  Event event_;
  std::vector<std::int32_t> integers_;  // tokens, pages, cursors or keys read
  std::vector<float> mean_;             // or lowest keys
  std::vector<float> max_;              // or highest keys
  std::vector<std::int32_t> first_page_;
  std::vector<float> sink_share_;
  std::vector<float> query_head_mass_;
  std::vector<float> thresholds_;
  std::vector<std::uint64_t> tokens_above_;
  std::vector<float> query_cosine_;
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
