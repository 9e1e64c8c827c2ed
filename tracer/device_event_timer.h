// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tracer/kernel_timer.h"

namespace pagequest::tracer {

/// Takes the times that a device measures by its own events: one run an operation, all of its
/// kernels and the gaps between them together.
class DeviceEventTimer final : public KernelTimer {
 public:
  void begin(const Operation& /*operation*/) override {}
  void end() override {}
  [[nodiscard]] bool wants_device_times() const override { return true; }
  void measured(const Operation& operation, std::int64_t start_ns,
                std::int64_t duration_ns) override;
  [[nodiscard]] std::string_view clock() const override { return "cuda-events"; }
};

}  // namespace pagequest::tracer
