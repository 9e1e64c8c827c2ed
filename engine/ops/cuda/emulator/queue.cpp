// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/queue.h"

#include <utility>

namespace pagequest::ops::emulator {

void Queue::add(Work work) {
  if (capturing_) {
    captured_.push_back(std::move(work));
  } else {
    waiting_.push_back(std::move(work));
  }
}

Work Queue::take() {
  Work work = std::move(waiting_.front());
  waiting_.pop_front();
  ++taken_;
  return work;
}

void Queue::drop_all() {
  taken_ += waiting_.size();
  waiting_.clear();
}

void Queue::begin_capture() {
  capturing_ = true;
  captured_.clear();
}

std::vector<Work> Queue::end_capture() {
  capturing_ = false;
  return std::exchange(captured_, {});
}

}  // namespace pagequest::ops::emulator
