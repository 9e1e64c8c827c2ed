// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace pagequest::ops {

/// Runs independent tasks on a fixed set of threads, the caller's among them.
class ThreadPool {
 public:
  /// `threads` >= 1, the caller included.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls task(index, worker) for each index in [0, count), in any order; worker < threads() is
  /// not used by two calls at once. Returns when all are done; rethrows the first exception.
  /// Tasks are handed out in ascending order to whoever is free: put the longest ones first.
  void run(std::int64_t count,
           const std::function<void(std::int64_t index, std::int64_t worker)>& task);

 private:
  void serve(std::int64_t worker);
  void work(std::int64_t worker);
  /// Tasks that were left, the one taken now included; 0 when there is none.
  std::int64_t take();

  // A worker that takes a task by lowering remaining_ keeps its round open until it has raised
  // done_, so it may read task_ and count_; one that wakes up late finds nothing to take.
  const std::function<void(std::int64_t, std::int64_t)>* task_ = nullptr;
  std::int64_t count_ = 0;
  std::atomic<std::int64_t> remaining_ = 0;
  std::atomic<std::int64_t> done_ = 0;
  std::atomic<std::uint32_t> round_ = 0;  // changes when there is work, or at the end
  std::atomic<bool> stop_ = false;
  std::atomic<bool> failed_ = false;
  std::exception_ptr failure_;
  std::vector<std::jthread> workers_;
};

}  // namespace pagequest::ops
