// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/events.h"
#include "simulator/serving/request.h"

namespace pagequest::simulator {

/// One thread's computed tokens, told when they are done.
struct Completion {
  Request* request;
  Thread thread;
  StepKind kind;
  std::int32_t tokens;
  bool recompute;
  bool operation_ended;
};

/// Is told about tokens as soon as they count.
class CompletionListener {
 public:
  virtual ~CompletionListener() = default;
  virtual void completed(const Completion& completion) = 0;
};

}  // namespace pagequest::simulator
