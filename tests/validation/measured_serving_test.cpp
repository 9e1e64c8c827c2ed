// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The simulator against measured closed loops on H100 (AIConfigurator's silicon sample). The bounds
// are the targets, or what is reached (docs/validation.md) where that is better or worse.
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "simulator/validation/measured_rows.h"
#include "simulator/validation/row_split.h"
#include "simulator/validation/serving_tables.h"
#include "simulator/validation/serving_validation.h"

namespace pagequest::simulator {
namespace {

const std::filesystem::path kRows = std::string(PQ_SHARED_DATA) + "/h100_serving_calibration.csv";

bool present() {
  if (std::filesystem::exists(kRows)) return true;
  WARN("skipped: no " + kRows.string());
  return false;
}

ServingErrors held_out_errors(const std::string& fitted) {
  MeasuredRows measured = read_measured_rows(kRows);
  const SplitRows split = split_rows(measured.rows, fitted);
  measured.rows = split.test;
  const auto validation =
      validate_serving(measured, fit_engines(split.fit), CoefficientSource::engine);
  return serving_errors(validation.rows, "none");
}

TEST_CASE("Held-out shapes are met by coefficients that are fitted to the others", "[validation]") {
  if (!present()) return;
  const std::string fitted = GENERATE("even", "odd");
  const ServingErrors errors = held_out_errors(fitted);
  CAPTURE(fitted);
  CHECK(errors.rows > 150);
  CHECK(errors.tpot.mean < 0.07);
  CHECK(errors.tokens_per_s.mean < 0.09);
  CHECK(errors.ttft.median < 0.25);
}

TEST_CASE("Measured kernels alone, with no fit to an engine, meet the time per output token",
          "[validation]") {
  if (!present()) return;
  const auto validation =
      validate_serving(read_measured_rows(kRows), {}, CoefficientSource::machine);
  const ServingErrors errors = serving_errors(validation.rows, "none");
  CHECK(errors.rows > 350);
  CHECK(errors.tpot.median < 0.10);
}

}  // namespace
}  // namespace pagequest::simulator
