// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/operation.h"
#include "tracer/kernel_log.h"

namespace pagequest::tracer {

/// Measures how long an engine's operations take.
class KernelTimer : public OperationObserver {
 public:
  /// As the trace's header names it: "cupti", "cuda-events" or "host".
  [[nodiscard]] virtual std::string_view clock() const = 0;
  /// Waits until everything that ran is in the log. The engine must be idle.
  virtual void finish() {}
  [[nodiscard]] KernelLog& log() { return log_; }
  [[nodiscard]] const KernelLog& log() const { return log_; }

 private:
  KernelLog log_;
};

/// Who measures. `automatic`: CUPTI on a GPU, its events where CUPTI is refused, else the host.
enum class KernelClock : std::uint8_t { automatic, cupti, events, host };

/// "auto", "cupti", "events", "host". Throws usage_error that lists them, and "off".
[[nodiscard]] KernelClock kernel_clock_named(std::string_view name);

/// Throws usage_error on a clock that the device does not have.
void require_clock(KernelClock wanted, bool on_gpu);

struct ChosenTimer {
  std::unique_ptr<KernelTimer> timer;
  std::string refusal;  // why CUPTI does not measure although it was the first choice; or empty
};

/// `instruction_set` is part of the names of what runs on the processor. Throws as require_clock(),
/// and device_error where CUPTI was asked for and is refused.
[[nodiscard]] ChosenTimer make_kernel_timer(KernelClock wanted, bool on_gpu,
                                            std::string_view instruction_set);

/// One line: clock, runs, operations, and what is missing.
[[nodiscard]] std::string summary(const ChosenTimer& chosen);

}  // namespace pagequest::tracer
