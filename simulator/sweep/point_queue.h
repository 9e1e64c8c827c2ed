// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pagequest::simulator {

struct FinishedPoint {
  std::size_t point = 0;
  std::string text;  // of its result
};

/// Hands points out, in order, and takes their results back. Every function may be called on any
/// thread.
class PointQueue {
 public:
  explicit PointQueue(std::span<const std::size_t> points) : points_(points) {}

  /// Nothing when none is left, or after stop() or fail().
  [[nodiscard]] std::optional<std::size_t> take();
  void finish(FinishedPoint point);
  /// A point that was taken threw.
  void fail(std::exception_ptr error);
  /// No point is handed out any more.
  void stop();

  /// Waits until a result is there, all is over, or the time is up; each result is returned once.
  [[nodiscard]] std::vector<FinishedPoint> wait(std::chrono::milliseconds at_most);
  /// Nothing is left to hand out, to wait for or to return.
  [[nodiscard]] bool is_over() const;
  /// All points have results. Rethrows what was given to fail() first.
  [[nodiscard]] bool is_complete() const;

 private:
  [[nodiscard]] bool is_idle() const {
    return running_ == 0 && (stopped_ || next_ == points_.size());
  }

  std::span<const std::size_t> points_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::size_t done_ = 0;
  bool stopped_ = false;
  std::exception_ptr error_;
  std::vector<FinishedPoint> finished_;  // not yet returned
};

}  // namespace pagequest::simulator
