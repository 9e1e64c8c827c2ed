// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <cstdio>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

namespace pagequest::cli {
namespace {

constexpr const char* kRewrite = "\r\x1b[K";  // to column 0, erase the line

}  // namespace

ProgressLine::ProgressLine(std::string label)
    : label_(std::move(label)), is_terminal_(isatty(STDERR_FILENO) == 1), shown_(begin_) {}

std::string ProgressLine::text() const {
  const std::chrono::duration<double> elapsed = Clock::now() - begin_;
  return fmt::format("{}: {}/{} {}, {:.1f} s", label_, done_, total_, unit_, elapsed.count());
}

void ProgressLine::show(std::int64_t done, std::int64_t total, std::string_view unit) {
  done_ = done;
  total_ = total;
  unit_ = unit;
  const auto now = Clock::now();
  const auto interval = is_terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  if (now - shown_ < interval) return;
  shown_ = now;
  fmt::print(stderr, "{}{}{}", is_terminal_ ? kRewrite : "", text(), is_terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void ProgressLine::done() {
  fmt::print(stderr, "{}{}\n", is_terminal_ ? kRewrite : "", text());
  std::fflush(stderr);
}

}  // namespace pagequest::cli
