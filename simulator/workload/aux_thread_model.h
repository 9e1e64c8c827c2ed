// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/params.h"
#include "simulator/workload/log_normal.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// SideQuest's auxiliary threads (arXiv 2602.22603, algorithm 1) where none were recorded. What
/// each number rests on is in the help of its parameter (aux_thread_param_specs).
struct AuxThreadParams {
  std::int32_t interval_turns;
  std::int32_t lag_turns;  // -1: until the main thread has decoded as many tokens
  std::int32_t trigger_tokens;
  LogNormal tokens;
  std::int32_t hindsight_interval_turns;
};

[[nodiscard]] std::span<const ParamSpec> aux_thread_param_specs();
/// `given` as typed by a user. Throws usage_error: unknown parameter or a value out of range.
[[nodiscard]] AuxThreadParams aux_thread_params(
    const std::map<std::string, std::string>& given = {});

/// When an episode's auxiliary threads start and end. At most one runs; its length depends on
/// (seed, episode, turn) only.
class AuxThreadModel {
 public:
  AuxThreadModel(const AuxThreadParams& params, std::uint64_t seed, EpisodeId episode)
      : params_(params), seed_(seed), episode_(episode) {}

  [[nodiscard]] bool is_due(std::int32_t turn) const {
    return !running_ && turn > 0 && turn % params_.interval_turns == 0;
  }
  /// Starts one that will name `cursors`.
  ForkAux fork(std::int32_t turn, std::vector<std::int32_t> cursors);
  /// The main thread has decoded so many tokens.
  void advance(std::int32_t tokens) { decoded_ += tokens; }
  /// Whether one runs that has ended by the boundary before `turn`.
  [[nodiscard]] bool has_ended(std::int32_t turn) const;
  /// Ends it and gives what it named.
  [[nodiscard]] std::vector<std::int32_t> join();

  /// Whether it holds the main thread up at the boundary at which it starts.
  [[nodiscard]] bool is_immediate() const { return params_.lag_turns == 0; }
  [[nodiscard]] std::int32_t passes() const { return passes_; }

 private:
  AuxThreadParams params_;
  std::uint64_t seed_;
  EpisodeId episode_;
  bool running_ = false;
  std::int32_t forked_at_ = 0;  // turn
  std::int32_t length_ = 0;     // tokens that it decodes
  std::int32_t decoded_ = 0;    // by the main thread since the fork
  std::int32_t passes_ = 0;
  std::vector<std::int32_t> cursors_;
};

}  // namespace pagequest::simulator
