// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace pagequest::simulator {

/// Service-level objectives: what the percentile of each latency may be at most, in seconds.
struct Slo {
  std::optional<double> ttft;  // arrival of a request to its first token
  std::optional<double> tpot;  // time per output token after the first
  std::optional<double> e2e;   // arrival to the last token
  double percentile = 99.0;    // in (0, 100)
};

/// Thrown by searches for objectives that no load or number of GPUs meets.
class ObjectivesNeverMet : public Error {
 public:
  explicit ObjectivesNeverMet(ErrorInfo info) : Error(ErrorKind::usage, std::move(info)) {}
};

/// Latencies at one percentile, in seconds.
struct Latencies {
  double ttft = 0.0;
  double tpot = 0.0;
  double e2e = 0.0;
};

/// "ttft=2s,tpot=50ms,e2e=1min,percentile=99", in any order; at least one latency. Units: us, ms,
/// s, min, h. Throws usage_error on anything else and lists the valid keys or units.
[[nodiscard]] Slo parse_slo(std::string_view text);

/// The objectives in words, "ttft p99 <= 2 s, tpot p99 <= 0.05 s".
[[nodiscard]] std::string to_text(const Slo& slo);

/// What is above its objective, in words with both numbers. Empty: all are met. A latency that is
/// not a number misses.
[[nodiscard]] std::vector<std::string> misses(const Slo& slo, const Latencies& latencies);

}  // namespace pagequest::simulator
