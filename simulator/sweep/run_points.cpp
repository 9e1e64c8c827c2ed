// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/run_points.h"

#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace pagequest::simulator {
namespace {

void work_off(PointQueue& queue, const SweepWork& work) {
  while (const auto point = queue.take()) {
    try {
      queue.finish({*point, work.evaluate(*point)});
    } catch (...) {
      queue.fail(std::current_exception());
    }
  }
}

void watch(PointQueue& queue, const SweepWork& work, const OtherWorkers& others) {
  while (!queue.is_over()) {
    others.serve(queue);
    for (const auto& [point, text] : queue.wait(others.interval)) work.finished(point, text);
    if (work.stop()) queue.stop();
  }
}

/// Threads that are joined, however their scope is left.
class Workers {
 public:
  Workers(PointQueue& queue, const SweepWork& work, std::int32_t jobs) : queue_(queue) {
    for (std::int32_t job = 0; job < jobs; ++job) {
      threads_.emplace_back([&queue, &work] { work_off(queue, work); });
    }
  }
  ~Workers() {
    queue_.stop();
    for (auto& thread : threads_) thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

 private:
  PointQueue& queue_;
  std::vector<std::thread> threads_;
};

}  // namespace

bool run_points(std::span<const std::size_t> points, std::int32_t jobs, const SweepWork& work,
                const OtherWorkers& others) {
  PointQueue queue(points);
  {
    const Workers workers(queue, work, jobs);
    watch(queue, work, others);
  }
  return queue.is_complete();
}

}  // namespace pagequest::simulator
