// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/bench/run_clock.h"
#include "engine/model/model.h"
#include "engine/runtime/engine.h"

namespace pagequest::bench {

/// What a measured batch consists of.
enum class BatchKind : std::uint8_t { decode, prefill, mixed };

[[nodiscard]] std::string_view to_string(BatchKind kind);

/// `batch` sequences that decode at `context` cached tokens each (the token that they add is not
/// counted), and one prompt chunk of `tokens` behind as many cached tokens. The chunk ends its
/// input, so it gives a token as well. 0: no such part.
struct BatchPoint {
  BatchKind kind = BatchKind::decode;
  std::int32_t batch = 0;
  std::int32_t context = 0;
  std::int32_t tokens = 0;
  bool operator==(const BatchPoint&) const = default;
};

/// Seconds of the steps of one point, of its repetitions.
struct PointTime {
  BatchPoint point;
  double seconds = 0;  // lower quartile: what else runs on the machine only adds
  double least_s = 0;
  double median_s = 0;
  double spread = 0;  // from the lower to the upper quartile, over the median
};

/// The grid. Combinations that go beyond the model's positions, or in which the decoding sequences
/// hold more than `most_tokens` together, are left out.
struct CalibrationPlan {
  std::vector<std::int32_t> batches = {1, 2, 4, 8, 16, 32};
  std::vector<std::int32_t> contexts = {64, 256, 1024, 2048};
  std::vector<std::int32_t> chunks = {16, 64, 256, 512};
  std::vector<std::int32_t> mixed_batches = {4, 16};
  std::vector<std::int32_t> mixed_chunks = {64, 256};
  std::int64_t most_tokens = 32768;  // so that deep contexts do not take minutes to fill
  std::int32_t repetitions = 9;
  bool capture = false;  // of the attention
  RunClock clock = RunClock::wall;
};

/// Of a step without a sequence, and of each of its sequences: the engine's own work on the host,
/// which is a part of every point as well.
struct HostTime {
  double step_s = 0;
  double sequence_s = 0;
};

struct Calibration {
  std::vector<PointTime> points;       // decode, prefill, mixed; by context, batch, tokens
  std::vector<PointTime> host_points;  // decode steps on a backend that computes nothing
  HostTime host;                       // fitted to the host_points of the shallowest context
};

/// Called with (measured, planned) steps; returning false ends the calibration.
using CalibrationProgress = std::function<bool(std::int64_t, std::int64_t)>;

/// Combinations of the plan that `positions` and the plan's most_tokens allow, in order. Throws
/// usage_error when a list has a value below 1, or when none is left.
[[nodiscard]] std::vector<BatchPoint> points_of(const CalibrationPlan& plan,
                                                std::int32_t positions);

/// Measures steps of an engine: Engine::step() with what it takes to schedule, compute, sample and
/// send events to a sink that ignores them. All sequences grow together from one context to the
/// next, by random tokens; at each context the points take turns, so that other load on the machine
/// hits all of them alike. A decoding sequence's context differs by a few tokens from repetition to
/// repetition, their mean is the point's. Empty points: the progress ended it.
///
/// `config` is the engine's, but for its pool and the sizes of batches and chunks, which are made
/// as large as the plan needs. Throws usage_error as points_of() does.
[[nodiscard]] Calibration calibrate(const model::Model& model, runtime::EngineConfig config,
                                    const CalibrationPlan& plan,
                                    const CalibrationProgress& progress);

}  // namespace pagequest::bench
