// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "simulator/cost/closed_loop.h"
#include "simulator/cost/parallelism.h"
#include "simulator/machine/model_spec.h"

namespace pagequest::bench {

/// A measured closed loop on H100 SXM, one row of AIConfigurator's silicon sample.
struct CalibrationRow {
  std::string engine;
  simulator::ModelSpec model;
  simulator::Parallelism parallelism;
  simulator::ClosedLoop load;
  double tpot_ms = 0.0;
  /// The keys and values of all requests at once don't fit, or requests waited longer for their
  /// first token than half of the time that they then took: a closed formula can't predict those.
  bool kv_limited = false;

  /// engine, model and GPUs
  [[nodiscard]] std::string group() const;
  /// group and lengths
  [[nodiscard]] std::string shape() const;
};

/// The rows with a catalog model and no attention data parallelism. Lengths of the rows that stem
/// from InferenceMAX are taken as 0.9 of the nominal ones, of which those runs draw 80 to 100 %.
/// TensorRT-LLM's fp8 checkpoints keep fp8 keys and values, vLLM's default is bf16. Throws
/// input_error on a file without the columns.
[[nodiscard]] std::vector<CalibrationRow> read_calibration_rows(const std::filesystem::path& csv);

}  // namespace pagequest::bench
