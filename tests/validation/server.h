// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "simulator/cost/step_cost.h"
#include "simulator/metrics/run_metrics.h"
#include "simulator/metrics/timeline.h"
#include "simulator/serving/cluster.h"
#include "simulator/serving/session_source.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator::validation {

/// An iteration takes `fixed` and `per_token` for each of its tokens, whatever they read: with one
/// sequence a batch the replica becomes a textbook server.
class AffineCost final : public StepCost {
 public:
  AffineCost(Nanoseconds fixed, Nanoseconds per_token) : fixed_(fixed), per_token_(per_token) {}

  [[nodiscard]] Ticks ticks(const BatchShape& batch) const override {
    return kTicksPerNanosecond * (fixed_ + per_token_ * batch.tokens());
  }
  [[nodiscard]] DecodeLine decode_line(const BatchShape& batch) const override {
    return {.base = ticks(batch)};
  }
  [[nodiscard]] std::int64_t window() const override { return 0; }

 private:
  Nanoseconds fixed_;
  Nanoseconds per_token_;
};

/// Sessions that are made when they are asked for, by their index.
class MadeSessions final : public SessionSource {
 public:
  using Make = std::function<Session(std::int64_t)>;
  MadeSessions(std::int64_t count, Make make) : count_(count), make_(std::move(make)) {}
  [[nodiscard]] std::shared_ptr<const Session> next() override {
    if (made_ == count_) return nullptr;
    return std::make_shared<const Session>(make_(made_++));
  }

 private:
  std::int64_t count_;
  std::int64_t made_ = 0;
  Make make_;
};

inline Session session(std::vector<Operation> program) {
  return {.episode = EpisodeId{0}, .program = std::move(program), .turns = {}};
}

inline constexpr std::int64_t kAmplePages = 1'000'000'000;

/// One request at a time, each prompt in one iteration.
inline SimulationConfig one_at_a_time() {
  SimulationConfig out = SimulationConfig::defaults();
  out.load = Load::poisson;
  out.max_batch_sequences = 1;
  out.max_batch_tokens = 1 << 30;
  out.watermark = 0.0;
  return out;
}

struct Run {
  RunMetrics metrics;
  ServerState mean;  // over the run
};

inline Run serve(SessionSource& source, const ClusterSetup& setup, const SimulationConfig& config) {
  Cluster cluster(source, setup, config);
  cluster.run();  // checks that all pages came back
  return {cluster.metrics(), cluster.timeline().overall().mean};
}

inline Run serve(SessionSource& source, const StepCost& cost, const SimulationConfig& config) {
  return serve(source, {.cost = cost, .pages = kAmplePages}, config);
}

}  // namespace pagequest::simulator::validation
