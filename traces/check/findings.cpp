// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/findings.h"

#include <utility>

namespace pagequest::traces {
namespace {

constexpr std::int64_t kKeptFindings = 5;  // of one rule in one episode

}  // namespace

void Findings::add(std::string_view rule, std::string message) {
  if (++counts_[rule] > kKeptFindings) return;
  findings_.push_back({.rule = rule,
                       .severity = Severity::error,
                       .episode = episode_,
                       .step = step_,
                       .message = std::move(message)});
}

void Findings::expect_equal(std::string_view rule, std::string_view what, std::int64_t found,
                            std::int64_t expected) {
  if (found == expected) return;
  add(rule, std::string(what) + " is " + std::to_string(found) + ", expected " +
                std::to_string(expected));
}

std::vector<Finding> Findings::take() {
  for (const auto& [rule, count] : counts_) {
    if (count <= kKeptFindings) continue;
    findings_.push_back({.rule = rule,
                         .severity = Severity::error,
                         .episode = episode_,
                         .step = -1,
                         .message = std::to_string(count - kKeptFindings) + " more"});
  }
  counts_.clear();
  return std::exchange(findings_, {});
}

}  // namespace pagequest::traces
