// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/calibration_grid.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "base/rng.h"

namespace pagequest::bench {
namespace {

constexpr std::int32_t kWarmUpRounds = 1;
constexpr std::int64_t kStepsOfADecoder = 2;  // one that warms the caches, one that is timed

std::int32_t most_decoders(std::span<const BatchPoint> points) {
  const auto most = std::ranges::max_element(points, {}, &BatchPoint::batch);
  return most == points.end() ? 0 : most->batch;
}

SequenceId begin_sequence(runtime::Engine& engine, std::int32_t token) {
  return engine.add(EpisodeId{0}, {&token, 1}, {}, {});
}

}  // namespace

std::int64_t drift_tokens(std::span<const BatchPoint> points, std::int32_t repetitions) {
  std::int64_t tokens = 0;
  for (const BatchPoint& point : points) tokens += point.batch;
  const std::int64_t decoders = std::max(1, most_decoders(points));
  return (tokens * kStepsOfADecoder * (repetitions + kWarmUpRounds) + decoders - 1) / decoders;
}

CalibrationGrid::CalibrationGrid(const model::Model& model, const runtime::EngineConfig& config,
                                 const runtime::BackendMaker& maker, const CalibrationPlan& plan,
                                 std::span<const BatchPoint> points)
    : plan_(plan),
      points_(points),
      vocabulary_(model.config().vocabulary),
      sink_(config.capture),
      engine_(model, config, sink_, maker) {
  for (std::int32_t i = 0; i < most_decoders(points); ++i) {
    decoders_.push_back(begin_sequence(engine_, random_tokens(1).front()));
  }
  prompt_ = begin_sequence(engine_, random_tokens(1).front());
}

std::int64_t CalibrationGrid::steps(std::size_t points, std::int32_t repetitions) {
  return static_cast<std::int64_t>(points) * (repetitions + kWarmUpRounds);
}

std::vector<std::vector<double>> CalibrationGrid::measure(const CalibrationProgress& progress,
                                                          std::int64_t& done,
                                                          std::int64_t planned) {
  std::vector<std::vector<double>> seconds(points_.size());
  for (std::size_t first = 0; first < points_.size();) {
    const std::int32_t context = points_[first].context;
    std::size_t end = first;
    while (end < points_.size() && points_[end].context == context) ++end;
    grow_all(points_.subspan(first, end - first));
    if (!finish_input(progress, done, planned)) return {};
    for (std::int32_t round = 0; round < kWarmUpRounds + plan_.repetitions; ++round) {
      for (std::size_t i = first; i < end; ++i) {
        // The points swap places, so that none gains from what ran before it.
        const std::size_t at = round % 2 == 0 ? i : first + (end - 1 - i);
        const double s = timed(points_[at]);
        if (round >= kWarmUpRounds) seconds[at].push_back(s);
        if (!progress(++done, planned)) return {};
      }
    }
    first = end;
  }
  return seconds;
}

void CalibrationGrid::grow(SequenceId sequence, std::int32_t position) {
  const std::int32_t missing = position - engine_.next_position(sequence);
  if (missing > 0) engine_.append(sequence, random_tokens(missing));
}

/// The decoders begin half of the drift below the context, the prompt exactly there.
void CalibrationGrid::grow_all(std::span<const BatchPoint> points) {
  const std::int32_t context = points.front().context;
  const auto below = static_cast<std::int32_t>(drift_tokens(points, plan_.repetitions) / 2);
  in_use_ = static_cast<std::size_t>(most_decoders(points));
  for (std::size_t i = 0; i < in_use_; ++i) grow(decoders_[i], std::max(1, context - below));
  grow(prompt_, context);
}

bool CalibrationGrid::finish_input(const CalibrationProgress& progress, std::int64_t done,
                                   std::int64_t planned) {
  while (engine_.has_queued_input()) {
    (void)engine_.step();
    if (!progress(done, planned)) return false;
  }
  return true;
}

void CalibrationGrid::append_token(std::size_t decoder) {
  engine_.append(decoders_[decoder % in_use_], random_tokens(1));
}

/// In a run the step before a batch's step was one of the same sequences, whose keys and values are
/// in the caches as far as they fit.
void CalibrationGrid::decode_again(const BatchPoint& point) {
  if (point.batch == 0) return;
  for (std::int32_t i = 0; i < point.batch; ++i) {
    append_token(next_ + static_cast<std::size_t>(i));
  }
  (void)engine_.step();
}

double CalibrationGrid::timed(const BatchPoint& point) {
  decode_again(point);
  for (std::int32_t i = 0; i < point.batch; ++i) append_token(next_++);
  std::optional<SequenceId> chunk;
  if (point.tokens > 0) chunk = engine_.fork(prompt_, random_tokens(point.tokens), {});
  const double begin = now_s(plan_.clock);
  const auto sampled = engine_.step();
  const double seconds = now_s(plan_.clock) - begin;
  PQ_CHECK(std::ssize(sampled) == point.batch + (chunk ? 1 : 0), "each sequence gives a token");
  if (chunk) engine_.release(*chunk);
  return seconds;
}

std::vector<std::int32_t> CalibrationGrid::random_tokens(std::int32_t count) {
  Rng rng(1, ++draws_);
  std::vector<std::int32_t> tokens;
  for (std::int32_t i = 0; i < count; ++i) {
    tokens.push_back(static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(vocabulary_))));
  }
  return tokens;
}

}  // namespace pagequest::bench
