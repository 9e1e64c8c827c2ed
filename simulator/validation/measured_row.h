// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/cost/closed_loop.h"
#include "simulator/cost/parallelism.h"
#include "simulator/machine/model_spec.h"

namespace pagequest::simulator {

/// A measured closed loop: `load.concurrency` requests of equal lengths at all times on one
/// replica.
struct MeasuredRow {
  std::int64_t line = 0;  // of the file
  std::string id;
  std::string machine;  // of the catalog
  std::string engine;   // as engine_overheads_named() takes it
  ModelSpec model;
  Parallelism parallelism;
  std::int64_t nominal_input = 0;   // tokens, as stated
  std::int64_t nominal_output = 0;  // tokens, as stated
  ClosedLoop load;                  // with the lengths that are taken to have been served
  double ttft_ms = 0.0;             // mean
  double tpot_ms = 0.0;             // mean

  /// "machine engine model", of which coefficients are fitted.
  [[nodiscard]] std::string fit_group() const;
  /// fit_group and GPUs ("tp4", "tp2pp2").
  [[nodiscard]] std::string group() const;
  /// group and nominal lengths.
  [[nodiscard]] std::string shape() const;
  /// concurrency x output / (TTFT + (output - 1) x TPOT): the output tokens a second that follow
  /// from the row's latencies where all requests take as long as the mean.
  [[nodiscard]] double tokens_per_s(double ttft, double tpot) const;
};

/// A row that can't be predicted, and why.
struct SkippedRow {
  std::int64_t line = 0;
  std::string id;
  std::string reason;
};

struct MeasuredRows {
  std::vector<MeasuredRow> rows;
  std::vector<SkippedRow> skipped;
};

}  // namespace pagequest::simulator
