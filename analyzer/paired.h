// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "analyzer/wilson.h"

namespace pagequest::analyzer {

/// How often two treatments of the same cases succeeded.
struct PairedCounts {
  std::int64_t both = 0;
  std::int64_t only_first = 0;
  std::int64_t only_second = 0;
  std::int64_t neither = 0;

  void add(bool first, bool second);
  [[nodiscard]] std::int64_t total() const { return both + only_first + only_second + neither; }
  [[nodiscard]] std::int64_t first() const { return both + only_first; }
  [[nodiscard]] std::int64_t second() const { return both + only_second; }
};

/// Two-sided p-value of the exact conditional McNemar test (Q. McNemar, Psychometrika 12, 1947): if
/// both treatments are as good, each case on which they differ is a fair coin. 1 if they differ on
/// none.
[[nodiscard]] double mcnemar_exact_p(const PairedCounts& counts);

/// 95 % interval of the second treatment's share of successes less that of the first. Method 10 of
/// R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions
/// based on paired data", Statistics in Medicine 17, 1998: the Wilson intervals of both shares,
/// combined by their correlation phi, whose numerator is corrected for continuity. Unlike Wald's
/// it stays inside of [-1, 1] and has a width where the treatments differ on no case. NaN for no
/// case.
[[nodiscard]] Interval paired_difference_interval_95(const PairedCounts& counts);

}  // namespace pagequest::analyzer
