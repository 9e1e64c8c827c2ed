// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result_table.h"
#include "engine/bench/engine_bench.h"

namespace pagequest::cli {

/// The results of `bench engine`: machine, decode, capture overhead, prefill, memory.
[[nodiscard]] std::vector<ResultTable> bench_tables(const model::Model& model,
                                                    const runtime::EngineConfig& config,
                                                    const bench::BenchSamples& samples);

}  // namespace pagequest::cli
