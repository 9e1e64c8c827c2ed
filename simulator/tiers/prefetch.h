// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/params.h"
#include "simulator/event_queue.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// A session that waits for a tool or its user, and what is known of it.
struct WaitingSession {
  std::span<const BlockId> blocks;            // of its last prompt, in its order
  std::span<const double> attention = {};     // mass that each of them got; empty: not known
  std::span<const BlockId> next_prompt = {};  // an oracle's; empty: not known
  Nanoseconds transfer_latency = 0;           // expected of a fetch on its way up
  Nanoseconds block_transfer = 0;             // and of each block of it
};

struct PrefetchPlan {
  std::vector<BlockId> blocks;  // most useful first; the caller leaves out what is in the HBM
  Nanoseconds start = 0;        // relative to the next prompt's arrival; negative: before it
};

/// What to bring up before a session goes on.
class PrefetchPolicy {
 public:
  virtual ~PrefetchPolicy() = default;
  [[nodiscard]] virtual PrefetchPlan plan(const WaitingSession& session) const = 0;
};

struct PrefetchEntry {
  std::string_view name;
  std::string_view description;
  std::span<const ParamSpec> parameters;
  std::unique_ptr<PrefetchPolicy> (*make)(const Params& params);
};

/// Sorted by name: attention, none, oracle, recency.
[[nodiscard]] std::span<const PrefetchEntry> prefetch_policies();
/// From "none" or "recency:blocks=64,ahead=0.5". Throws usage_error that lists the valid names.
[[nodiscard]] std::unique_ptr<PrefetchPolicy> make_prefetch_policy(const std::string& text);

}  // namespace pagequest::simulator
