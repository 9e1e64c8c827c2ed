// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tracer/kernel_timer.h"

namespace pagequest::tracer {

/// Times what is done between begin() and end(), by the host's steady clock: right for a device
/// that has done an operation when end() is called. One run an operation.
class HostTimer final : public KernelTimer {
 public:
  /// Runs are named after their operation and the instruction set: "attention (avx512)".
  explicit HostTimer(std::string_view instruction_set);

  void begin(const Operation& operation) override;
  void end() override;
  [[nodiscard]] std::string_view clock() const override { return "host"; }

 private:
  std::array<std::string, kOperationKinds> names_;
  OperationKind kind_ = OperationKind::embed;
  std::int64_t number_ = -1;  // of the operation that has begun; -1: none
  std::chrono::steady_clock::time_point start_;
};

}  // namespace pagequest::tracer
