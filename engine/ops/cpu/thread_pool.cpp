// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/thread_pool.h"

#include <utility>

#include "base/check.h"

namespace pagequest::ops {
namespace {

/// Waits until `value` differs from `old`: spins a while, then sleeps.
template <class T>
void wait_for_change(const std::atomic<T>& value, T old) {
  constexpr int kSpins = 4000;
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  value.wait(old);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  PQ_CHECK(threads >= 1, "the caller is a thread");
  for (int worker = 1; worker < threads; ++worker) {
    workers_.emplace_back([this, worker] { serve(worker); });
  }
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  ++round_;
  round_.notify_all();
}

void ThreadPool::run(std::int64_t count, TaskRef task) {
  if (count == 1 || workers_.empty()) {
    for (std::int64_t index = 0; index < count; ++index) task(index, 0);
    return;
  }
  if (count <= 0) return;
  task_ = &task;
  count_ = count;
  done_ = 0;
  remaining_ = count;
  ++round_;
  round_.notify_all();
  work(0);
  for (std::int64_t done = done_; done != count; done = done_) wait_for_change(done_, done);
  if (failed_.exchange(false)) std::rethrow_exception(std::exchange(failure_, nullptr));
}

std::int64_t ThreadPool::take() {
  std::int64_t left = remaining_;
  while (left > 0) {
    if (remaining_.compare_exchange_weak(left, left - 1)) return left;
  }
  return 0;
}

void ThreadPool::work(std::int64_t worker) {
  for (std::int64_t left = take(); left > 0; left = take()) {
    const std::int64_t count = count_;
    try {
      (*task_)(count - left, worker);
    } catch (...) {
      if (!failed_.exchange(true)) failure_ = std::current_exception();
    }
    if (++done_ == count) done_.notify_one();
  }
}

void ThreadPool::serve(std::int64_t worker) {
  std::uint32_t seen = 0;
  while (!stop_) {
    wait_for_change(round_, seen);
    seen = round_;
    work(worker);
  }
}

}  // namespace pagequest::ops
