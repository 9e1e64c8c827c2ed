// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/bench/engine_bench.h"
#include "engine/model/model.h"

namespace pagequest::bench {

struct DecodeCase {
  std::int32_t sequences = 1;
  std::int32_t context = 512;  // tokens of each sequence before the first measured step
  std::int32_t steps = 60;     // measured
  std::int32_t threads = 1;
  bool capture = true;
};

/// Seconds of each case's decode steps, one list a case. The cases take turns, step by step, so
/// that other load on the machine hits all of them alike.
[[nodiscard]] std::vector<std::vector<double>> time_decode(const model::Model& model,
                                                           const std::vector<DecodeCase>& cases);

struct PrefillTiming {
  double tokens;
  double seconds;
  double flops;  // matrix products and attention
};

/// `sequences` prompts of `context` tokens, all queued at once; best of three.
[[nodiscard]] PrefillTiming time_prefill(const model::Model& model, std::int32_t sequences,
                                         std::int32_t context, int threads);

/// What one decode step of a case must do at least.
struct DecodeNeed {
  double flops;  // matrix products and attention
  double bytes;  // weights once, keys and values of all sequences once
};
[[nodiscard]] DecodeNeed need_of(const model::Model& model, const DecodeCase& c);

}  // namespace pagequest::bench
