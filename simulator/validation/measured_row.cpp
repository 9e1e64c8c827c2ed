// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/measured_row.h"

namespace pagequest::simulator {

std::string MeasuredRow::fit_group() const { return machine + " " + engine + " " + model.name; }

std::string MeasuredRow::group() const {
  std::string out = fit_group() + " tp" + std::to_string(parallelism.tensor);
  if (parallelism.pipeline > 1) out += "pp" + std::to_string(parallelism.pipeline);
  return out;
}

std::string MeasuredRow::shape() const {
  return group() + " " + std::to_string(nominal_input) + "/" + std::to_string(nominal_output);
}

double MeasuredRow::tokens_per_s(double ttft, double tpot) const {
  const auto output = static_cast<double>(load.output);
  const double milliseconds = ttft + (output - 1.0) * tpot;
  return static_cast<double>(load.concurrency) * output / milliseconds * 1e3;
}

}  // namespace pagequest::simulator
