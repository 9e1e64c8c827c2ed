// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "engine/ops/cuda/emulator/kernel.h"

namespace pagequest::ops::emulator {

/// A kernel, or else something that is called.
struct Work {
  std::shared_ptr<const Kernel> kernel;
  std::function<void()> call;
};

/// One stream's work, which waits here until something waits for it.
class Queue : public std::enable_shared_from_this<Queue> {
 public:
  /// While a graph is captured, `work` becomes part of it instead.
  void add(Work work);
  [[nodiscard]] std::uint64_t added() const { return taken_ + waiting_.size(); }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }

  [[nodiscard]] const Work& front() const { return waiting_.front(); }
  [[nodiscard]] Work take();
  void drop_all();

  void begin_capture();
  [[nodiscard]] std::vector<Work> end_capture();
  [[nodiscard]] bool is_capturing() const { return capturing_; }

 private:
  std::deque<Work> waiting_;
  std::uint64_t taken_ = 0;
  std::vector<Work> captured_;
  bool capturing_ = false;
};

}  // namespace pagequest::ops::emulator
