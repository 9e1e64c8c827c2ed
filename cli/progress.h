// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pagequest::cli {

/// Progress of long work on stderr: one line that is rewritten on a terminal, and a new line every
/// ten seconds elsewhere.
class ProgressLine {
 public:
  explicit ProgressLine(std::string label);
  void show(std::int64_t done, std::int64_t total, const std::string& unit);
  void done();

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  std::string last_;
  bool is_terminal_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point shown_;
};

}  // namespace pagequest::cli
