// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "simulator/sweep/point_queue.h"

namespace pagequest::simulator {

/// How points are evaluated, whoever hands them out.
struct SweepWork {
  /// Evaluates a point, stores its result and returns the result's text; on any thread.
  std::function<std::string(std::size_t point)> evaluate;
  /// Told of each result, on the thread that called run(), in the order in which they came.
  std::function<void(std::size_t point, const std::string& text)> finished;
  /// Asked now and then, on that thread: whether to finish what runs and leave the rest.
  std::function<bool()> stop;
};

/// Who else takes points from the queue, asked every `interval` on the thread that called run().
struct OtherWorkers {
  std::function<void(PointQueue&)> serve = [](PointQueue&) {};
  std::chrono::milliseconds interval{50};
};

/// Evaluates the points on `jobs` threads, and by the other workers. False if it was stopped before
/// all were done. Rethrows what evaluate() threw first, after what was running has ended.
bool run_points(std::span<const std::size_t> points, std::int32_t jobs, const SweepWork& work,
                const OtherWorkers& others = {});

}  // namespace pagequest::simulator
