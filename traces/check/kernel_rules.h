// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "traces/check/findings.h"
#include "traces/header.h"
#include "traces/kernel_times.h"

namespace pagequest::traces {

/// Holds the kernel times of a recording against the rules "kernels" and "operations".
class KernelChecker final : public KernelTimesSink {
 public:
  /// `findings` must outlive the checker.
  KernelChecker(const Header& header, Findings& findings);

  void on(const KernelBatch& part) override;

 private:
  void check(const Operation& operation);
  void check(const KernelRun& run);

  std::int32_t layers_;
  Findings& findings_;
  std::int64_t iteration_ = 0;
  std::int64_t operations_ = 0;
  std::int64_t runs_ = 0;
};

}  // namespace pagequest::traces
