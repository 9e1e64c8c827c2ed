// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "simulator/cost/measured_profile.h"
#include "simulator/cost/step_cost.h"

namespace pagequest::simulator {

/// A function from 0 on, 0 at 0, linear between knots and, with the last slope, beyond them.
class MonotoneTable {
 public:
  /// `knots` ascending and positive; none: 0 everywhere.
  explicit MonotoneTable(std::vector<double> knots = {}) : knots_(std::move(knots)) {}
  [[nodiscard]] const std::vector<double>& knots() const { return knots_; }
  /// How far x goes along each piece: what the slopes are multiplied with.
  [[nodiscard]] std::vector<double> terms(double x) const;

 private:
  std::vector<double> knots_;
};

/// Steps as a measured profile says:
///   base + batch table + per_read x reads + per_context x mean context
///        + (chunk present: chunk + token table + per_pair x pairs)
/// with coefficients >= 0. Tables have a knot at each measured size, or just one slope; the
/// form that predicts left-out points best is taken, a richer one only if its error is 5 % and 0.1
/// percentage points less. Beyond
/// the measured sizes the last slope goes on.
class MeasuredCost final : public StepCost {
 public:
  explicit MeasuredCost(const MeasuredProfile& profile);

  [[nodiscard]] Ticks ticks(const BatchShape& batch) const override;
  [[nodiscard]] DecodeLine decode_line(const BatchShape& batch) const override;
  /// Sliding layers were measured with the others: their reads are not told apart.
  [[nodiscard]] std::int64_t window() const override { return 0; }

  /// Mean |relative error| of the profile's points, as fitted and when left out of the fit.
  [[nodiscard]] double fit_error() const { return fit_error_; }
  [[nodiscard]] double left_out_error() const { return left_out_error_; }
  /// The form that was taken, in words.
  [[nodiscard]] const std::string& form() const { return form_; }

 private:
  struct Form;
  struct Features;
  [[nodiscard]] double seconds(const Features& features) const;

  MonotoneTable batch_;
  MonotoneTable tokens_;
  bool mean_context_ = false;
  std::vector<double> coefficients_;
  double fit_error_ = 0.0;
  double left_out_error_ = 0.0;
  std::string form_;
};

}  // namespace pagequest::simulator
