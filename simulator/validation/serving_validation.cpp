// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/serving_validation.h"

#include <utility>

#include "base/error.h"
#include "simulator/machine/catalog.h"

namespace pagequest::simulator {
namespace {

using Machines = std::map<std::string, GpuSpec>;

const GpuSpec& machine_of(Machines& machines, const std::string& name) {
  const auto found = machines.find(name);
  if (found != machines.end()) return found->second;
  return machines.emplace(name, catalog_gpu(name)).first->second;
}

ServingCoefficients built_in(const GpuSpec& gpu, const MeasuredRow& row, CoefficientSource source) {
  if (source == CoefficientSource::engine) return engine_coefficients(row);
  return {.cost = machine_coefficients(gpu), .first_token = unfitted_first_token(row)};
}

PredictedRow predict(const GpuSpec& gpu, const MeasuredRow& row, const FittedCoefficients& fitted,
                     CoefficientSource otherwise) {
  const auto found = fitted.find(row.fit_group());
  const bool known = found != fitted.end();
  const auto coefficients = known ? found->second : built_in(gpu, row, otherwise);
  const SimulatedLoop loop = simulate_loop(gpu, row, coefficients.cost);
  return {row, predict_serving(row, loop, coefficients.first_token),
          known ? CoefficientSource::fitted : otherwise};
}

}  // namespace

std::string to_string(CoefficientSource source) {
  switch (source) {
    case CoefficientSource::fitted:
      return "fitted";
    case CoefficientSource::engine:
      return "engine";
    case CoefficientSource::machine:
      return "machine";
  }
  return {};
}

FittedCoefficients fit_engines(const std::vector<MeasuredRow>& rows) {
  std::map<std::string, std::vector<MeasuredRow>> groups;
  for (const auto& row : rows) groups[row.fit_group()].push_back(row);
  Machines machines;
  FittedCoefficients out;
  for (const auto& [name, group] : groups) {
    out.emplace(name, fit_serving(machine_of(machines, group.front().machine), group));
  }
  return out;
}

ServingValidation validate_serving(const MeasuredRows& measured, const FittedCoefficients& fitted,
                                   CoefficientSource otherwise) {
  Machines machines;
  ServingValidation out{.rows = {}, .skipped = measured.skipped};
  for (const auto& row : measured.rows) {
    try {
      out.rows.push_back(predict(machine_of(machines, row.machine), row, fitted, otherwise));
    } catch (const Error& error) {
      out.skipped.push_back({row.line, row.id, error.info().what + ": " + error.info().found});
    }
  }
  return out;
}

}  // namespace pagequest::simulator
