// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/events.h"
#include "simulator/cost/batch_shape.h"
#include "simulator/scheduler/request.h"

namespace pagequest::simulator {

/// One thread's part of a batch; its pages are reserved.
struct BatchEntry {
  Request* request;
  Thread thread;
  Work work;
  std::int32_t tokens;  // of work.tokens
  std::int32_t pages;   // reserved for them
};

/// What one iteration computes.
struct Batch {
  std::vector<BatchEntry> entries;
  BatchShape shape;
};

}  // namespace pagequest::simulator
