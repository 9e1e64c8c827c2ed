// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "simulator/validation/engine_fit.h"
#include "simulator/validation/measured_row.h"
#include "simulator/validation/serving_prediction.h"

namespace pagequest::simulator {

/// Where a prediction's coefficients come from.
enum class CoefficientSource : std::uint8_t {
  fitted,   // to measured rows of the same machine, engine and model
  engine,   // built in: engine_overheads(), fitted once to other rows
  machine,  // the machine's file: measured kernels, nothing about engine or model
};
[[nodiscard]] std::string to_string(CoefficientSource source);

struct PredictedRow {
  MeasuredRow row;
  ServingPrediction prediction;
  CoefficientSource source = CoefficientSource::engine;
};

/// Of MeasuredRow::fit_group().
using FittedCoefficients = std::map<std::string, ServingCoefficients>;
[[nodiscard]] FittedCoefficients fit_engines(const std::vector<MeasuredRow>& rows);

struct ServingValidation {
  std::vector<PredictedRow> rows;
  std::vector<SkippedRow> skipped;  // the given ones, and models that don't fit into the machine
};

/// Predicts each row by what was fitted to its machine, engine and model; where nothing was, by
/// `otherwise` (engine or machine).
[[nodiscard]] ServingValidation validate_serving(const MeasuredRows& measured,
                                                 const FittedCoefficients& fitted,
                                                 CoefficientSource otherwise);

}  // namespace pagequest::simulator
