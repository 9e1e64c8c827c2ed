// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/validation/serving.h"

#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "cli/output.h"
#include "notebooks_export/atomic_file.h"
#include "simulator/validation/measured_rows.h"
#include "simulator/validation/row_split.h"
#include "simulator/validation/serving_tables.h"
#include "simulator/validation/serving_validation.h"

namespace pagequest::cli {
namespace {

void check(const ServingArguments& arguments) {
  const int sources = static_cast<int>(!arguments.fit.empty()) +
                      static_cast<int>(!arguments.split.empty()) +
                      static_cast<int>(arguments.no_engine_fit);
  if (!arguments.rows.empty() && sources <= 1) return;
  throw usage_error(
      {.what = "impossible validation",
       .where = "options --serving, --fit, --split, --no-engine-fit",
       .found = arguments.rows.empty() ? "no --serving" : "more than one of the others",
       .expected = "--serving ROWS.csv and at most one of the others",
       .hint = {}});
}

}  // namespace

ExitCode validate_measured_serving(const ServingArguments& arguments, const std::string& out,
                                   bool json) {
  check(arguments);
  simulator::MeasuredRows measured = simulator::read_measured_rows(arguments.rows);
  simulator::FittedCoefficients fitted;
  if (!arguments.fit.empty()) {
    fitted = simulator::fit_engines(simulator::read_measured_rows(arguments.fit).rows);
  } else if (!arguments.split.empty()) {
    auto split = simulator::split_rows(measured.rows, arguments.split);
    fitted = simulator::fit_engines(split.fit);
    measured.rows = std::move(split.test);
  }
  const auto source = arguments.no_engine_fit ? simulator::CoefficientSource::machine
                                              : simulator::CoefficientSource::engine;
  const auto validation = simulator::validate_serving(measured, fitted, source);
  const auto tables = simulator::serving_tables(validation, fitted);
  notebooks_export::make_folder(out);
  write_csv(tables, out);
  note(fmt::format("{} rows predicted, {} skipped", validation.rows.size(),
                   validation.skipped.size()));
  print_tables({tables.data(), 1}, json);
  return kSuccess;
}

}  // namespace pagequest::cli
