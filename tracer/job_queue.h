// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace pagequest::tracer {

/// Hands jobs from one producer to one consumer thread. At most `capacity` bytes wait; a push
/// beyond that waits, but a job larger than the capacity passes an empty queue.
template <class Job>
class JobQueue {
 public:
  explicit JobQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Rethrows the consumer's error, now and ever after.
  void push(Job job, std::size_t bytes) {
    std::unique_lock lock(mutex_);
    const auto has_room = [&] { return error_ || bytes_ == 0 || bytes_ + bytes <= capacity_; };
    if (!has_room()) {
      const auto start = std::chrono::steady_clock::now();
      room_.wait(lock, has_room);
      blocked_ += std::chrono::steady_clock::now() - start;
    }
    if (error_) std::rethrow_exception(error_);
    jobs_.emplace_back(std::move(job), bytes);
    bytes_ += bytes;
    work_.notify_one();
  }

  /// No more jobs come.
  void finish() {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    work_.notify_one();
  }

  /// Consumer: the next job, or nothing when finished and empty. Its bytes count as waiting until
  /// the consumer asks for the next one.
  [[nodiscard]] std::optional<Job> pop() {
    std::unique_lock lock(mutex_);
    bytes_ -= std::exchange(bytes_in_work_, 0);
    room_.notify_one();
    work_.wait(lock, [&] { return finished_ || !jobs_.empty(); });
    if (jobs_.empty()) return std::nullopt;
    std::pair<Job, std::size_t> next = std::move(jobs_.front());
    jobs_.pop_front();
    bytes_in_work_ = next.second;
    return std::move(next.first);
  }

  /// Consumer: gives up; waiting jobs are dropped.
  void fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    jobs_.clear();
    room_.notify_one();
  }

  [[nodiscard]] std::exception_ptr error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  /// How long pushes have waited, seconds.
  [[nodiscard]] double blocked_seconds() const {
    const std::lock_guard lock(mutex_);
    return std::chrono::duration<double>(blocked_).count();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable work_;
  std::deque<std::pair<Job, std::size_t>> jobs_;
  std::size_t capacity_;
  std::size_t bytes_ = 0;  // waiting and in work
  std::size_t bytes_in_work_ = 0;
  bool finished_ = false;
  std::exception_ptr error_;
  std::chrono::steady_clock::duration blocked_{};
};

}  // namespace pagequest::tracer
