// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace pagequest::cli {

/// Progress of long work on stderr: one line that is rewritten on a terminal, and a new line every
/// ten seconds elsewhere.
class ProgressLine {
 public:
  explicit ProgressLine(std::string label);
  /// May be called as often as one likes: what is shown is throttled. `unit` is a literal.
  void show(std::int64_t done, std::int64_t total, std::string_view unit);
  void done();

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::string text() const;

  std::string label_;
  std::int64_t done_ = 0;
  std::int64_t total_ = 0;
  std::string_view unit_;
  bool is_terminal_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point shown_;
};

}  // namespace pagequest::cli
