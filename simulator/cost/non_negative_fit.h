// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace pagequest::simulator {

/// Rows of a linear model: what each coefficient is multiplied with, and what comes out.
struct LinearRow {
  std::vector<double> terms;
  double value = 0.0;  // > 0
};

/// Coefficients >= 0 with the least sum of squared relative errors (Lawson and Hanson, Solving
/// Least Squares Problems, 1974, chapter 23: the active-set method NNLS). All rows have as many
/// terms; no rows: no coefficients. Columns that say the same share their coefficient's sum.
[[nodiscard]] std::vector<double> fit_non_negative(const std::vector<LinearRow>& rows);

[[nodiscard]] double predict(const std::vector<double>& coefficients,
                             const std::vector<double>& terms);

/// Mean of |predicted / value - 1|.
[[nodiscard]] double mean_relative_error(const std::vector<double>& coefficients,
                                         const std::vector<LinearRow>& rows);

}  // namespace pagequest::simulator
