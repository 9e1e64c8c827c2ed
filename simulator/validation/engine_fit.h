// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "simulator/cost/cost_coefficients.h"
#include "simulator/machine/gpu_spec.h"
#include "simulator/validation/measured_row.h"
#include "simulator/validation/serving_prediction.h"

namespace pagequest::simulator {

/// The rows' times per output token by the closed formula (cost/closed_loop.h), in ms.
[[nodiscard]] std::vector<double> formula_tpots_ms(const GpuSpec& gpu,
                                                   const CostCoefficients& coefficients,
                                                   const std::vector<MeasuredRow>& rows);

/// Those of the rows whose requests don't wait for others to end; a model that doesn't fit into the
/// machine has none.
[[nodiscard]] std::vector<MeasuredRow> free_rows(const GpuSpec& gpu,
                                                 const std::vector<MeasuredRow>& rows);

/// Coefficients for which the closed formula (cost/closed_loop.h) meets the rows' times per output
/// token (`tpot_ms`, one a row) with the least mean |relative error|, and a little added for what
/// departs from the machine's: of fits that are as good, the one nearest to the kernels'
/// measurements. A pattern search (Hooke and Jeeves, J. ACM 8(2), 1961) within physical bounds:
/// scales of 0.5 to 2, overheads of a tenth to ten times the machine's. The rows are of one
/// machine.
[[nodiscard]] CostCoefficients fit_closed_formula(const GpuSpec& gpu,
                                                  const std::vector<MeasuredRow>& rows,
                                                  const std::vector<double>& tpot_ms);

/// The same for the simulation: the formula's fit is repeated with measured times that are
/// corrected by what the simulation differs from the formula. The coefficients of the time to the
/// first token follow by non-negative least squares of relative errors. Rows whose requests wait
/// for others to end are left out; no others: the engine's built-in coefficients. One machine, one
/// engine.
[[nodiscard]] ServingCoefficients fit_serving(const GpuSpec& gpu,
                                              const std::vector<MeasuredRow>& rows);

/// Half in step and half spread; all in step where prefill goes first, which keeps requests of
/// equal lengths together. No overheads.
[[nodiscard]] FirstTokenCoefficients unfitted_first_token(const MeasuredRow& row);

/// The engine's built-in coefficients, and no fit of the first token.
[[nodiscard]] ServingCoefficients engine_coefficients(const MeasuredRow& row);

}  // namespace pagequest::simulator
