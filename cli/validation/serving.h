// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/exit_codes.h"

namespace pagequest::cli {

/// `pagequest validate --serving`.
struct ServingArguments {
  std::string rows;  // CSV of measured closed loops
  std::string fit;   // another one, to fit engines to
  std::string split;
  bool no_engine_fit = false;

  [[nodiscard]] bool given() const {
    return !rows.empty() || !fit.empty() || !split.empty() || no_engine_fit;
  }
};

/// Predicts the rows, writes the tables into the folder and prints the summary.
[[nodiscard]] ExitCode validate_measured_serving(const ServingArguments& arguments,
                                                 const std::string& out, bool json);

}  // namespace pagequest::cli
