// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result_table.h"
#include "simulator/validation/serving_validation.h"

namespace pagequest::simulator {

/// Whether a row's requests wait for others to end, and what for.
[[nodiscard]] std::string limit_of(const PredictedRow& row);  // "none", "kv", "batch"

/// |predicted / measured - 1| of some rows.
struct ErrorSummary {
  double mean = 0.0;
  double median = 0.0;
  double max = 0.0;
};
struct ServingErrors {
  std::int64_t rows = 0;
  ErrorSummary tpot;
  ErrorSummary tokens_per_s;  // both sides by MeasuredRow::tokens_per_s
  ErrorSummary ttft;
};

/// Over the rows with that limit, of one group or ("") of all.
[[nodiscard]] ServingErrors serving_errors(const std::vector<PredictedRow>& rows,
                                           const std::string& limit, const std::string& group = "");

/// serving_predictions (a row each), serving_summary (by group and limit), serving_skipped and, if
/// something was fitted, serving_coefficients.
[[nodiscard]] std::vector<ResultTable> serving_tables(const ServingValidation& validation,
                                                      const FittedCoefficients& fitted);

}  // namespace pagequest::simulator
