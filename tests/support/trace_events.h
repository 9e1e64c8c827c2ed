// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "traces/owned_event.h"
#include "traces/reader.h"

/// Comparisons of event streams with what a trace gives back.
namespace pagequest::testing {

using Stream = std::vector<traces::OwnedEvent>;

[[nodiscard]] inline EpisodeId episode_of(const Event& event) {
  return std::visit([](const auto& e) { return e.episode; }, event);
}

[[nodiscard]] inline std::map<EpisodeId, Stream> by_episode(const Stream& events) {
  std::map<EpisodeId, Stream> streams;
  for (const auto& event : events) streams[episode_of(event.view())].push_back(event);
  return streams;
}

[[nodiscard]] inline bool same_stream(const Stream& a, const Stream& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return traces::same_event(x.view(), y.view());
  });
}

[[nodiscard]] inline Stream without_attention(const Stream& events) {
  Stream kept;
  std::copy_if(events.begin(), events.end(), std::back_inserter(kept), [](const auto& event) {
    const Event view = event.view();
    return !std::holds_alternative<PagesAttended>(view) &&
           !std::holds_alternative<KeysBounded>(view);
  });
  return kept;
}

[[nodiscard]] inline Stream read_episode(const traces::Reader& reader, std::size_t index,
                                         bool with_attention = true) {
  traces::EventCollector collector;
  reader.replay(index, collector, with_attention);
  return std::move(collector.events);
}

/// Sends each event to two sinks.
class Tee final : public EventSink {
 public:
  Tee(EventSink& first, EventSink& second) : first_(first), second_(second) {}
  void on(const Event& event) override {
    first_.on(event);
    second_.on(event);
  }

 private:
  EventSink& first_;
  EventSink& second_;
};

}  // namespace pagequest::testing
