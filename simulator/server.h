// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulator/cost/cost_model.h"
#include "simulator/event_queue.h"
#include "simulator/metrics/run_metrics.h"
#include "simulator/metrics/timeline.h"
#include "simulator/scheduler/scheduler.h"
#include "simulator/simulation_config.h"
#include "simulator/workload/session.h"
#include "simulator/workload/tool_latency.h"

namespace pagequest::simulator {

/// The event loop: arrivals, tool calls and one GPU that computes one batch after another.
class Server {
 public:
  /// config.requests must be positive, and each session must fit into `pages`.
  Server(const std::vector<Session>& sessions, const CostModel& cost, std::int64_t pages,
         const SimulationConfig& config);

  /// Throws usage_error if simulated time passes 30 years (an arrival rate or a tool latency that
  /// is out of proportion).
  void run();
  [[nodiscard]] const RunMetrics& metrics() const { return metrics_; }
  [[nodiscard]] const Timeline& timeline() const { return timeline_; }

 private:
  /// A request and the clock of its current turn.
  struct Client {
    std::unique_ptr<Request> request;
    Nanoseconds arrived = 0;
    Nanoseconds ready = 0;        // when the current turn's input was there
    Nanoseconds first_token = 0;  // of the current turn
    Nanoseconds join_since = 0;
    std::int32_t decoded = 0;  // behind the first token
    std::int32_t turns = 0;    // that gave a token
    bool generating = false;
    bool joining = false;
    bool tool_pending = false;
  };

  [[nodiscard]] Nanoseconds after(Nanoseconds delay) const;
  void handle(const SimEvent& event);
  void arrive(std::int32_t id);
  void respond(Client& client);
  void schedule_next_arrival();
  void start_iteration();
  void end_iteration();
  void finish_entry(const BatchEntry& entry);
  void count_tokens(const BatchEntry& entry, bool operation_ended);
  void end_input(Client& client);
  void end_turn(Client& client);
  void react(Client& client);
  [[nodiscard]] ServerState state() const;
  void check_ended() const;

  const std::vector<Session>& sessions_;
  const CostModel& cost_;
  SimulationConfig config_;
  ToolLatency tools_;
  PoissonArrivals arrivals_;
  EventQueue events_;
  Scheduler scheduler_;
  RunMetrics metrics_;
  Timeline timeline_;
  std::vector<Client> clients_;  // (request id), in order of arrival
  Batch batch_;                  // under way
  bool busy_ = false;
  bool start_pending_ = false;
  Nanoseconds now_ = 0;
  std::int32_t scheduled_ = 0;  // requests whose arrival is known
};

}  // namespace pagequest::simulator
