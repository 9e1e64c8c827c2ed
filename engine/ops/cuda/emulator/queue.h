// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace pagequest::ops::emulator {

using Work = std::function<void()>;

/// One stream's work, which waits here until something waits for it.
class Queue : public std::enable_shared_from_this<Queue> {
 public:
  /// While a graph is captured, `work` becomes part of it instead.
  void add(Work work);
  [[nodiscard]] std::uint64_t added() const { return done_ + waiting_.size(); }
  [[nodiscard]] std::uint64_t done() const { return done_; }
  /// Runs the first `count` that were ever added. What throws takes all waiting work with it.
  void run_until(std::uint64_t count);

  void begin_capture();
  [[nodiscard]] std::vector<Work> end_capture();
  [[nodiscard]] bool is_capturing() const { return capturing_; }

 private:
  std::deque<Work> waiting_;
  std::uint64_t done_ = 0;
  std::vector<Work> captured_;
  bool capturing_ = false;
};

}  // namespace pagequest::ops::emulator
