// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace pagequest::ops {

/// Refers to a callable (index, worker) that outlives the call that it is passed to.
class TaskRef {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, TaskRef>)
      TaskRef(F&& task)  // NOLINT(google-explicit-constructor): a lambda is passed as it is
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(task)))),
        call_([](void* object, std::int64_t index, std::int64_t worker) {
          (*static_cast<std::remove_reference_t<F>*>(object))(index, worker);
        }) {}

  void operator()(std::int64_t index, std::int64_t worker) const { call_(object_, index, worker); }

 private:
  void* object_;
  void (*call_)(void*, std::int64_t, std::int64_t);
};

/// Runs independent tasks on a fixed set of threads, the caller's among them. Idle threads spin for
/// some tens of microseconds before they sleep: the operations of a forward pass follow each other
/// faster than the system wakes a thread.
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
  void run(std::int64_t count, TaskRef task);

 private:
  void serve(std::int64_t worker);
  void work(std::int64_t worker);
  /// Tasks that were left, the one taken now included; 0 when there is none.
  std::int64_t take();

  // A worker that takes a task by lowering remaining_ keeps its round open until it has raised
  // done_, so it may read task_ and count_; one that wakes up late finds nothing to take.
  const TaskRef* task_ = nullptr;
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
