// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/operation.h"
#include "traces/kernel_times.h"

namespace pagequest::tracer {

/// Collects operations and what ran for them until somebody takes them for a trace. Thread safe:
/// runs may come from another thread than operations.
class KernelLog {
 public:
  /// Returns the operation's number.
  std::int64_t begin(const Operation& operation);
  /// `run` but for its name. `operation` must have begun. Starts are counted from the first run's.
  void add(std::string_view name, traces::KernelRun run);
  /// Runs that were lost.
  void drop(std::int64_t runs);

  /// Operations and runs that wait to be taken.
  [[nodiscard]] std::size_t waiting() const;
  /// Everything since the last call.
  [[nodiscard]] traces::KernelBatch take();

  /// So far, taken or not.
  [[nodiscard]] traces::KernelCounts counts() const;
  /// Runs so far that belong to no operation.
  [[nodiscard]] std::int64_t outside() const;

 private:
  mutable std::mutex mutex_;
  traces::KernelBatch batch_;
  traces::KernelCounts counts_;
  std::int64_t outside_ = 0;
  std::optional<std::int64_t> origin_ns_;
  std::map<std::string, std::int32_t, std::less<>> names_;
};

}  // namespace pagequest::tracer
