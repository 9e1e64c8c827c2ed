// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "simulator/validation/measured_row.h"

namespace pagequest::simulator {

/// Measured closed loops from a CSV file in the shape of the silicon sample of NVIDIA
/// AIConfigurator (ai-dynamo/aiconfigurator,
/// aic-core/src/aiconfigurator_core/systems/silicon_sample.csv). Columns are found by their names,
/// others are ignored: backend, model_path, system, isl, osl, tp_size, silicon_ttft_ms,
/// silicon_tpot_ms; optional: id, precision, pp_size, attention_dp_size, batch_size,
/// silicon_data_source. The concurrency is `silicon_concurrency=` inside silicon_data_source, else
/// batch_size. Rows of models, systems and engines that are not known are skipped with the reason,
/// and so are rows with attention data parallelism.
///
/// Lengths: runs of InferenceMAX draw input and output uniformly from 80 to 100 % of the nominal
/// ones; their rows, told by `source_file=` a date in silicon_data_source, are taken as 0.9 of
/// them. TensorRT-LLM's fp8 checkpoints keep fp8 keys and values, vLLM's default is bf16.
///
/// Throws input_error: a missing column, a bad number (with the line).
[[nodiscard]] MeasuredRows read_measured_rows(const std::filesystem::path& csv);

}  // namespace pagequest::simulator
