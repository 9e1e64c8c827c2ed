// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/events.h"
#include "base/ids.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/prefix_cache.h"
#include "engine/kv/reads/read_plan.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/history.h"
#include "engine/runtime/sequence_tables.h"

namespace pagequest::runtime {

/// Attention mass that a step gave to a page: mean over the layers and KV heads of a KV group.
struct PageMass {
  std::int32_t page;  // logical
  float mass;
};

/// One thread of an episode inside the engine. Its tables lag behind its history after it was
/// preempted: then it recomputes, in silence, what is missing before it goes on.
struct Sequence {
  SequenceId id;
  EpisodeId episode;
  Thread thread;
  Sampling sampling;
  History history;
  SequenceTables tables;
  std::optional<kv::EvictionController> controller;  // of a main thread
  bool captures = false;                             // PagesAttended events are wanted
  bool compact_positions = false;                    // holes don't count as distance
  std::int32_t fork_point = 0;                       // position of its first own token
  std::int32_t steps = 0;                            // so far
  std::int32_t turn = 0;                             // that the agent began last
  std::vector<std::int32_t> queue;                   // tokens appended and not yet processed
  std::size_t taken = 0;                             // of the queue
  std::vector<float> logits;           // (vocabulary), of the last processed token; empty: not kept
  std::int32_t next_token = -1;        // that the last processed token gave
  std::size_t replayed = 0;            // evictions of the history that tables show
  kv::PrefixId prefix;                 // its last page in the prefix cache
  std::int32_t prefix_pages = 0;       // its pages in the prefix cache
  std::optional<kv::ReadPlan> reads;   // as far as the tables go; none: all is read
  std::vector<std::int32_t> selected;  // positions whose tokens read a selection, ascending
  std::vector<float> last_query;       // (layer, query head, head_dim)
  std::vector<std::vector<PageMass>> last_masses;  // (KV group), of the last captured step

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

  [[nodiscard]] bool recomputes() const { return tables.next_position() < history.next_position(); }
  /// Tokens from the tables' next position to the next eviction that they must show, to where what
  /// a token reads changes, or to the end.
  [[nodiscard]] std::int32_t recomputable() const {
    const auto evictions = history.evictions().subspan(replayed);
    const std::int32_t end =
        evictions.empty() ? history.next_position() : evictions.front().position;
    return std::min(end, end_of_reads()) - tables.next_position();
  }
  /// Whether the token at this position read a selection.
  [[nodiscard]] bool selects_at(std::int32_t position) const {
    return std::ranges::binary_search(selected, position);
  }
  /// Where what the tables' next token reads ends: before the next token that read a selection, or
  /// behind it if it is this one.
  [[nodiscard]] std::int32_t end_of_reads() const {
    const auto next = std::ranges::lower_bound(selected, tables.next_position());
    if (next == selected.end()) return history.next_position();
    return std::max(*next, tables.next_position() + 1);
  }
  /// The next `count` tokens to compute, from the history or from the queue.
  [[nodiscard]] std::span<const std::int32_t> next_tokens(std::int32_t count) const {
    if (!recomputes()) return front(count);
    return history.tokens().subspan(static_cast<std::size_t>(tables.next_position()),
                                    static_cast<std::size_t>(count));
  }
  /// Drops from the tables what the history evicted at their position.
  void replay_evictions() {
    const auto evictions = history.evictions();
    while (replayed < evictions.size() && evictions[replayed].position == tables.next_position()) {
      const Eviction& eviction = evictions[replayed++];
      if (eviction.group) {
        tables.evict(*eviction.group, eviction.span);
      } else {
        tables.evict(eviction.span);
      }
    }
  }
  /// Gives all pages back; the sequence recomputes them when it has input.
  void preempt() {
    tables.reset();
    if (reads) reads->reset();
    replayed = 0;
    prefix = {};
    prefix_pages = 0;
  }
};

}  // namespace pagequest::runtime
