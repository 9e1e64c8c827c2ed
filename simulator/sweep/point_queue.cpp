// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/point_queue.h"

#include <utility>

namespace pagequest::simulator {

std::optional<std::size_t> PointQueue::take() {
  const std::scoped_lock lock(mutex_);
  if (stopped_ || next_ == points_.size()) return std::nullopt;
  ++running_;
  return points_[next_++];
}

void PointQueue::finish(FinishedPoint point) {
  const std::scoped_lock lock(mutex_);
  --running_;
  ++done_;
  finished_.push_back(std::move(point));
  changed_.notify_all();
}

void PointQueue::fail(std::exception_ptr error) {
  const std::scoped_lock lock(mutex_);
  --running_;
  stopped_ = true;
  if (!error_) error_ = std::move(error);
  changed_.notify_all();
}

void PointQueue::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

std::vector<FinishedPoint> PointQueue::wait(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, at_most, [this] { return !finished_.empty() || is_idle(); });
  return std::exchange(finished_, {});
}

bool PointQueue::is_over() const {
  const std::scoped_lock lock(mutex_);
  return is_idle() && finished_.empty();
}

bool PointQueue::is_complete() const {
  const std::scoped_lock lock(mutex_);
  if (error_) std::rethrow_exception(error_);
  return done_ == points_.size();
}

}  // namespace pagequest::simulator
