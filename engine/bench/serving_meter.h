// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/event_sink.h"
#include "engine/bench/run_clock.h"

namespace pagequest::bench {

/// What a run's requests saw, as the simulator's RunMetrics count it. Seconds of the run's clock.
struct ServingSamples {
  std::int64_t episodes = 0;  // that ended
  std::int64_t turns = 0;
  std::int64_t output_tokens = 0;         // sampled for main threads
  std::vector<double> episode_ttft_s;     // from an episode's beginning to its first token
  std::vector<double> turn_ttft_s;        // from a tool's response to the next token
  std::vector<double> tpot_s;             // per turn: first to last token over the tokens between
  std::vector<double> episode_latency_s;  // from its beginning to its last token
};

/// What one iteration computed, but for what it recomputed: no event tells of that.
struct IterationShape {
  std::int64_t iteration = 0;
  std::int64_t decodes = 0;       // sequences that decoded
  std::int64_t decode_reads = 0;  // live tokens that they read, their own included
  std::int64_t chunks = 0;        // of prompts
  std::int64_t prefill_tokens = 0;
  std::int64_t prefill_pairs = 0;  // (query, key)
  double seconds = 0;              // of the whole iteration, with what the agents do in it
  double agent_seconds = 0;        // what follows the engine's last event
};

/// Takes the time of what an agent's events tell of. It asks for no attention.
class ServingMeter final : public EventSink {
 public:
  explicit ServingMeter(RunClock clock) : clock_(clock) {}

  void on(const Event& event) override;
  [[nodiscard]] bool wants_attention() const override { return false; }

  /// The agents have taken the tokens of an iteration.
  void end_iteration();

  [[nodiscard]] const ServingSamples& samples() const { return samples_; }
  /// (iteration)
  [[nodiscard]] const std::vector<IterationShape>& iterations() const { return iterations_; }

 private:
  /// One episode, and the clock of its current turn.
  struct Client {
    double began = 0;
    double ready = 0;          // when the turn's input was there
    double first_token = 0;    // of the turn
    std::int64_t decoded = 0;  // behind the first token
    std::int64_t live = 0;     // tokens of the main thread
    std::int64_t aux_live = 0;
    bool generating = false;
  };

  void begin(const EpisodeBegan& event);
  void fill(const TokensFilled& event);
  void begin_turn(const TurnBegan& event);
  void end_turn(Client& client);

  RunClock clock_;
  ServingSamples samples_;
  std::vector<IterationShape> iterations_;
  IterationShape current_;
  double iteration_began_ = -1;
  double last_filled_ = 0;
  std::map<EpisodeId, Client> clients_;
};

}  // namespace pagequest::bench
