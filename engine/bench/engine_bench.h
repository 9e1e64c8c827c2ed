// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/model.h"
#include "engine/ops/cpu/kv_layout.h"
#include "engine/runtime/engine.h"

namespace pagequest::bench {

struct BenchPlan {
  std::vector<std::int32_t> depths = {0};  // tokens before the first measured decode step
  std::int32_t prompt = 512;               // tokens of the measured prompt; 0: no prefill
  std::int32_t repetitions = 32;           // decode steps of each kind at each depth
  std::int32_t prompt_repetitions = 3;
  bool capture = true;  // measure with the capture as well as without
  std::int64_t probe_bytes = std::int64_t{256} << 20;  // of the read probe's buffer
};

/// Decode steps of one sequence at one depth. The kinds of step and the read probe take turns, so
/// that other load on the machine hits all of them alike; element i of each list is of turn i.
struct DecodeSamples {
  std::int32_t depth;
  double context;                 // tokens that a step reads, mean over the steps
  std::vector<double> plain_s;    // seconds of a step without capture
  std::vector<double> capture_s;  // with capture; empty: not measured
  std::vector<double> read_gbps;  // of the read probe, best of three passes
};

struct PrefillSamples {
  std::int32_t tokens;
  std::int32_t iterations;        // of the engine, each of which reads all weights
  std::vector<double> plain_s;    // seconds of a prompt without capture
  std::vector<double> capture_s;  // with capture; empty: not measured
  std::vector<double> read_gbps;  // of the read probe, best of three passes
};

struct BenchSamples {
  std::vector<DecodeSamples> decode;
  PrefillSamples prefill;
  ops::KvType kv_type;
  std::int64_t weight_bytes;    // matrices of the whole model
  std::int64_t pool_bytes;      // keys and values of all pages of the pool
  std::int64_t resident_bytes;  // of the process, with model and engine; 0: unknown

  /// The value that a share `q` of all readings of the read probe is below, GB/s.
  [[nodiscard]] double read_gbps(double q) const;
};

/// Measures the engine on one sequence. The depths are reached by prefilling random tokens. Steps
/// with and without capture run at the same depth on the same pages: the latter on a fork, whose
/// attention nobody wants.
/// `config` is the engine's, but for its pool, which is made as large as the plan needs, and for
/// the capture. Throws usage_error when the plan does not fit the model's context.
[[nodiscard]] BenchSamples bench_engine(const model::Model& model, runtime::EngineConfig config,
                                        const BenchPlan& plan);

/// The value that a share `q` of the samples is below.
[[nodiscard]] double quantile(std::vector<double> samples, double q);

/// Median over the pairs of turns 2i and 2i + 1 of what `a` took in both over what `b` took: the
/// kinds swap places between the two, so neither gains from what ran before it.
[[nodiscard]] double median_ratio(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace pagequest::bench
