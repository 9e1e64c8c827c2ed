// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/events.h"
#include "base/ids.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/page_table.h"
#include "engine/runtime/engine.h"

namespace pagequest::runtime {

/// One thread of an episode inside the engine.
struct Sequence {
  SequenceId id;
  EpisodeId episode;
  Thread thread;
  Sampling sampling;
  kv::PageTable table;
  std::optional<kv::EvictionController> controller;  // of a main thread
  bool captures = false;                             // PagesAttended events are wanted
  std::int32_t fork_point = 0;                       // position of its first own token
  std::int32_t steps = 0;                            // so far
  std::int32_t turn = 0;                             // that the agent began last
  std::vector<std::int32_t> queue;                   // tokens appended and not yet processed
  std::size_t taken = 0;                             // of the queue
  std::vector<float> logits;                         // (vocabulary), of the last processed token

  [[nodiscard]] std::int32_t queued() const {
    return static_cast<std::int32_t>(queue.size() - taken);
  }
  [[nodiscard]] std::span<const std::int32_t> front(std::int32_t count) const {
    return std::span(queue).subspan(taken, static_cast<std::size_t>(count));
  }
  void push(std::span<const std::int32_t> tokens) {
    queue.insert(queue.end(), tokens.begin(), tokens.end());
  }
  void pop(std::int32_t count) {
    taken += static_cast<std::size_t>(count);
    if (taken < queue.size()) return;
    queue.clear();
    taken = 0;
  }
};

}  // namespace pagequest::runtime
