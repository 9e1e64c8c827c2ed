// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "tracer/cupti_library.h"
#include "tracer/cupti_records.h"
#include "tracer/kernel_timer.h"

namespace pagequest::tracer {

/// The timer of make_cupti_timer(), with a library of the caller's choice. begin(), end() and the
/// launches between them must come from one thread.
class CuptiSession final : public KernelTimer {
 public:
  /// Throws device_error when CUPTI refuses.
  explicit CuptiSession(const CuptiLibrary& library);
  ~CuptiSession() override;
  CuptiSession(const CuptiSession&) = delete;
  CuptiSession& operator=(const CuptiSession&) = delete;

  void begin(const Operation& operation) override;
  void end() override;
  [[nodiscard]] std::string_view clock() const override { return "cupti"; }
  void finish() override;

  /// A buffer of records that CUPTI has filled. Keeps errors to itself.
  void take(std::uint8_t* buffer, std::size_t bytes, std::uint32_t stream) noexcept;

 private:
  void start();
  void stop();
  void require(std::string_view call, CUptiResult result) const;

  CuptiLibrary library_;
  CUpti_SubscriberHandle subscriber_ = nullptr;
  std::vector<CUpti_ActivityKind> enabled_;
  std::mutex mutex_;  // of the records: CUPTI's thread fills them
  CuptiRecords records_;
};

}  // namespace pagequest::tracer
