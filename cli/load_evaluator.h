// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/point_evaluator.h"
#include "simulator/planning/capacity_search.h"

namespace pagequest::cli {

/// What a load is counted in.
enum class LoadKind { concurrency, rate };

/// The kind that a source without arrivals asks for is concurrency, else rate: its own arrivals,
/// faster or slower. "auto" and "" take that one.

[[nodiscard]] std::string_view to_string(LoadKind kind);
/// Throws usage_error that lists the words.
[[nodiscard]] LoadKind load_kind_named(const std::string& word, bool has_arrivals);

/// Serves loads with one set of settings. References must outlive it.
class LoadEvaluator {
 public:
  /// Throws usage_error on a percentile that PointEvaluator does not give.
  LoadEvaluator(PointEvaluator& evaluator, PointEvaluator::Settings settings, LoadKind kind,
                double percentile);

  /// By so many replicas; 0: as the settings have them.
  [[nodiscard]] simulator::LoadResult serve(double load, std::int64_t replicas = 0) const;

 private:
  PointEvaluator& evaluator_;
  PointEvaluator::Settings settings_;
  LoadKind kind_;
  double recorded_rate_;  // sessions/s; 0: Poisson arrivals
  std::string suffix_;    // of the metrics: "_p99"
};

}  // namespace pagequest::cli
