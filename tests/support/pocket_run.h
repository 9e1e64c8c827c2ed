// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/agent/agent_config.h"
#include "engine/agent/runner.h"
#include "engine/model/model.h"
#include "engine/runtime/engine.h"
#include "traces/owned_event.h"

namespace pagequest::testing {

/// The shipped pocket model, loaded once a process.
inline const model::Model& pocket_model() {
  static const model::Model kModel = model::Model::load("engine/pocket");
  return kModel;
}

struct PocketRun {
  agent::RunTotals totals;
  std::vector<traces::OwnedEvent> events;

  /// The events of one kind, in order, of all episodes.
  template <class Kind>
  [[nodiscard]] std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const auto& event : events) {
      const Event view = event.view();
      if (const auto* kind = std::get_if<Kind>(&view)) found.push_back(*kind);
    }
    return found;
  }
};

/// Plays episodes on the pocket model and keeps every event.
inline PocketRun play(const agent::AgentConfig& agent, const runtime::EngineConfig& engine) {
  traces::EventCollector collector;
  agent::Runner runner(pocket_model(), engine, agent, collector);
  auto totals = runner.run([](auto, auto) { return true; });
  return {.totals = std::move(totals), .events = std::move(collector.events)};
}

}  // namespace pagequest::testing
