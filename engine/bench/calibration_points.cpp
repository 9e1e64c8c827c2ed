// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <string>

#include "base/error.h"
#include "engine/bench/calibration.h"
#include "engine/bench/calibration_grid.h"

namespace pagequest::bench {
namespace {

void check_positive(const std::string& option, const std::vector<std::int32_t>& values) {
  for (const std::int32_t value : values) {
    if (value >= 1) continue;
    throw usage_error({.what = "impossible calibration",
                       .where = "option --" + option,
                       .found = std::to_string(value),
                       .expected = "at least 1",
                       .hint = {}});
  }
}

void check(const CalibrationPlan& plan) {
  check_positive("batches", plan.batches);
  check_positive("contexts", plan.contexts);
  check_positive("chunks", plan.chunks);
  check_positive("mixed-batches", plan.mixed_batches);
  check_positive("mixed-chunks", plan.mixed_chunks);
  check_positive("repetitions", {plan.repetitions});
}

std::vector<std::int32_t> ascending(std::vector<std::int32_t> values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

std::vector<BatchPoint> points_at(const CalibrationPlan& plan, std::int32_t context) {
  std::vector<BatchPoint> points;
  for (const std::int32_t batch : ascending(plan.batches)) {
    points.push_back({BatchKind::decode, batch, context, 0});
  }
  for (const std::int32_t tokens : ascending(plan.chunks)) {
    points.push_back({BatchKind::prefill, 0, context, tokens});
  }
  for (const std::int32_t batch : ascending(plan.mixed_batches)) {
    for (const std::int32_t tokens : ascending(plan.mixed_chunks)) {
      points.push_back({BatchKind::mixed, batch, context, tokens});
    }
  }
  return points;
}

}  // namespace

std::string_view to_string(BatchKind kind) {
  switch (kind) {
    case BatchKind::decode:
      return "decode";
    case BatchKind::prefill:
      return "prefill";
    case BatchKind::mixed:
      return "mixed";
  }
  return "";
}

std::vector<BatchPoint> points_of(const CalibrationPlan& plan, std::int32_t positions) {
  check(plan);
  std::vector<BatchPoint> all;
  for (const std::int32_t context : ascending(plan.contexts)) {
    std::vector<BatchPoint> points = points_at(plan, context);
    std::erase_if(points, [&](const BatchPoint& point) {
      return std::int64_t{context} * point.batch > plan.most_tokens;
    });
    const std::int64_t drift = drift_tokens(points, plan.repetitions);
    std::ranges::copy_if(points, std::back_inserter(all), [&](const BatchPoint& point) {
      return std::int64_t{context} + point.tokens + drift <= positions;
    });
  }
  if (!all.empty()) return all;
  throw usage_error({.what = "no point of the calibration fits into the model's context",
                     .where = "options --contexts, --batches, --chunks and --most-tokens",
                     .found = {},
                     .expected = "contexts well below " + std::to_string(positions) + " positions",
                     .hint = {}});
}

}  // namespace pagequest::bench
