// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "simulator/event_queue.h"
#include "simulator/serving/request.h"

namespace pagequest::simulator {

/// A client that may have ended meanwhile: its slot, and the index of its request.
using ClientName = std::pair<std::int64_t, std::int64_t>;

/// A session in flight, and the clock of its current turn.
struct Client {
  std::int64_t slot = 0;  // in the cluster's list; reused
  std::unique_ptr<Request> request;
  ClientName parent{-1, -1};  // whose sub-agent it is; it may have been refused meanwhile
  std::int64_t server = -1;   // that has it; -1: none
  Nanoseconds arrived = 0;
  Nanoseconds ready = 0;        // when the current turn's input was there
  Nanoseconds first_token = 0;  // of the current turn
  Nanoseconds join_since = 0;
  std::int32_t decoded = 0;  // behind the first token
  std::int32_t turns = 0;    // that gave a token
  bool generating = false;
  bool joining = false;
  bool waits = false;    // for a tool or sub-agents
  bool refused = false;  // found the queue full
  bool counted = true;   // its latencies are: it is not part of the warm-up
};

}  // namespace pagequest::simulator
