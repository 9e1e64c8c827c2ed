// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/calibration.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "engine/bench/calibration_grid.h"
#include "engine/bench/engine_bench.h"
#include "engine/bench/idle_backend.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/engine_config.h"

namespace pagequest::bench {
namespace {

/// Logical pages of the deepest context, for each decoder, the prompt and the fork that reads it.
std::int64_t pages_for(std::span<const BatchPoint> points, std::int64_t drift, std::int32_t page) {
  std::int64_t batch = 0;
  std::int64_t positions = 0;
  for (const BatchPoint& point : points) {
    batch = std::max<std::int64_t>(batch, point.batch);
    positions = std::max<std::int64_t>(positions, std::int64_t{point.context} + point.tokens);
  }
  constexpr std::int64_t kPartialPages = 2;
  return (batch + 2) * ((positions + drift) / page + kPartialPages);
}

runtime::EngineConfig config_for(runtime::EngineConfig config, const model::Model& model,
                                 const CalibrationPlan& plan, std::span<const BatchPoint> points) {
  config.capture = plan.capture;
  config.keep_logits = false;
  config = runtime::resolve(config, model);
  std::int32_t batch = 0;
  std::int32_t tokens = 1;
  for (const BatchPoint& point : points) {
    batch = std::max(batch, point.batch);
    tokens = std::max(tokens, point.tokens);
  }
  config.prefill_chunk = tokens;
  config.max_batch_tokens = tokens + batch;
  config.pool_bytes = 0;
  const std::int64_t drift = drift_tokens(points, plan.repetitions);
  config.pool_pages = static_cast<std::int32_t>(pages_for(points, drift, config.page_size));
  return config;
}

PointTime time_of(const BatchPoint& point, const std::vector<double>& seconds) {
  PointTime time{.point = point,
                 .seconds = quantile(seconds, 0.25),
                 .least_s = quantile(seconds, 0.0),
                 .median_s = quantile(seconds, 0.5)};
  time.spread = (quantile(seconds, 0.75) - time.seconds) / time.median_s;
  return time;
}

std::vector<PointTime> times_of(std::span<const BatchPoint> points,
                                const std::vector<std::vector<double>>& seconds) {
  std::vector<PointTime> times;
  for (std::size_t i = 0; i < seconds.size(); ++i) times.push_back(time_of(points[i], seconds[i]));
  return times;
}

/// Line through the smallest and the largest batch of the first context.
HostTime host_time(std::span<const PointTime> points) {
  if (points.empty()) return {};
  const PointTime& small = points.front();
  const PointTime* large = &small;
  for (const PointTime& time : points) {
    if (time.point.context == small.point.context) large = &time;
  }
  const double sequences = large->point.batch - small.point.batch;
  const double slope =
      sequences > 0 ? std::max(0.0, (large->seconds - small.seconds) / sequences) : 0.0;
  return {.step_s = std::max(0.0, small.seconds - slope * small.point.batch), .sequence_s = slope};
}

}  // namespace

Calibration calibrate(const model::Model& model, runtime::EngineConfig config,
                      const CalibrationPlan& plan, const CalibrationProgress& progress) {
  const std::vector<BatchPoint> points = points_of(plan, model.config().max_positions);
  std::vector<BatchPoint> decodes;
  std::ranges::copy_if(points, std::back_inserter(decodes),
                       [](const auto& point) { return point.kind == BatchKind::decode; });
  config = config_for(config, model, plan, points);
  check_clock(plan.clock, config);
  const std::int64_t planned =
      CalibrationGrid::steps(points.size() + decodes.size(), plan.repetitions);
  std::int64_t done = 0;

  Calibration out;
  {
    runtime::EngineConfig idle = config;
    idle.capture = false;
    CalibrationGrid grid(model, idle, idle_backend_maker(), plan, decodes);
    out.host_points = times_of(decodes, grid.measure(progress, done, planned));
  }
  if (!decodes.empty() && out.host_points.empty()) return {};
  CalibrationGrid grid(model, config, runtime::backend_maker(config.device), plan, points);
  out.points = times_of(points, grid.measure(progress, done, planned));
  out.host = host_time(out.host_points);
  return out;
}

}  // namespace pagequest::bench
