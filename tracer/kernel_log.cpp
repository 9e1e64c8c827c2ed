// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/kernel_log.h"

#include <utility>

#include "base/check.h"

namespace pagequest::tracer {

std::int64_t KernelLog::begin(const Operation& operation) {
  const std::lock_guard lock(mutex_);
  batch_.operations.push_back(operation);
  return counts_.operations++;
}

void KernelLog::add(std::string_view name, traces::KernelRun run) {
  const std::lock_guard lock(mutex_);
  PQ_CHECK(run.operation >= -1 && run.operation < counts_.operations,
           "a run's operation began before");
  auto known = names_.find(name);
  if (known == names_.end()) {
    batch_.names.emplace_back(name);
    known = names_.emplace(name, static_cast<std::int32_t>(counts_.names++)).first;
  }
  if (!origin_ns_) origin_ns_ = run.start_ns;
  run.name = known->second;
  run.start_ns -= *origin_ns_;
  batch_.runs.push_back(run);
  ++counts_.runs;
  outside_ += run.operation == -1 ? 1 : 0;
}

void KernelLog::drop(std::int64_t runs) {
  const std::lock_guard lock(mutex_);
  batch_.dropped += runs;
  counts_.dropped += runs;
}

std::size_t KernelLog::waiting() const {
  const std::lock_guard lock(mutex_);
  return batch_.operations.size() + batch_.runs.size();
}

traces::KernelBatch KernelLog::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(batch_, {});
}

traces::KernelCounts KernelLog::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

std::int64_t KernelLog::outside() const {
  const std::lock_guard lock(mutex_);
  return outside_;
}

}  // namespace pagequest::tracer
