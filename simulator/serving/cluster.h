// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "simulator/cost/step_cost.h"
#include "simulator/event_queue.h"
#include "simulator/metrics/run_metrics.h"
#include "simulator/metrics/timeline.h"
#include "simulator/serving/client.h"
#include "simulator/serving/replica.h"
#include "simulator/serving/reuse_oracle.h"
#include "simulator/serving/router.h"
#include "simulator/serving/session_source.h"
#include "simulator/simulation_config.h"
#include "simulator/tiers/link.h"
#include "simulator/tiers/prefetch.h"
#include "simulator/tiers/tier_chain.h"
#include "simulator/workload/tool_latency.h"

namespace pagequest::simulator {

/// What a cluster is made of, beside its settings.
struct ClusterSetup {
  const StepCost& cost;     // of one replica
  std::int64_t pages = 0;   // of one replica
  double page_bytes = 0.0;  // keys and values of one page
  const ReuseOracle* oracle = nullptr;
  TierChain* tiers = nullptr;
};

/// The event loop: arrivals, tool calls, and replicas that compute one batch after another. With
/// prefill replicas the first ones prefill, and send each turn's keys and values over a link to the
/// others, which decode (DistServe, OSDI 2024; Splitwise, ISCA 2024).
class Cluster : private CompletionListener {
 public:
  /// config.load must not be automatic.
  Cluster(SessionSource& source, const ClusterSetup& setup, const SimulationConfig& config);
  ~Cluster() override;

  /// Throws usage_error if a session alone needs more pages than a replica has, or if simulated
  /// time passes 30 years (an arrival rate or a tool latency that is out of proportion).
  void run();
  [[nodiscard]] const RunMetrics& metrics() const { return metrics_; }
  [[nodiscard]] const Timeline& timeline() const { return timeline_; }

 private:
  struct Server {  // a replica, and the events about it
    std::unique_ptr<Replica> replica;
    std::vector<ClientName> when_free;  // whose state changed during a batch
    std::int64_t stamp = 0;             // of the event that ends its batch
    ServerState counted;                // in state_
    bool start_pending = false;
  };

  void handle(const SimEvent& event);
  static constexpr Nanoseconds kLongestRun = 946'080'000'000'000'000;  // 30 years
  [[nodiscard]] Nanoseconds after(Nanoseconds delay) const;
  [[noreturn]] void throw_too_long() const;

  // cluster.cpp: replicas and time
  void start_prefetch(std::int64_t job);
  void start_batch(std::int64_t server);
  void end_batch(std::int64_t server);
  void disturb(std::int64_t server);
  void want_start(std::int64_t server);
  void count_run(Server& server);
  void count_state(Server& server);
  void end_transfers();
  void expect_transfer_end();
  void total_up();

  // clients.cpp: what sessions do
  void schedule_arrival();
  void arrive();
  void add_client(std::shared_ptr<const Session> session, const ClientName& parent);
  void go_on(Client& own);
  void queue(Client& own);
  void start_agents(Client& own);
  void advance_when_free(Client& own);
  void advance(Client& own);
  void note_join(Client& own);
  void begin_wait(Client& own);
  void plan_prefetch(const Client& own, std::int64_t server, Nanoseconds next_prompt);
  void respond(Client& own);
  void leave_replica(Client& own);
  void hand_over(Client& own);
  void landed(Client& own);
  void end_session(Client& own);
  void check_fits(const Session& session) const;
  [[nodiscard]] Client& client(std::int64_t slot) {
    return *clients_[static_cast<std::size_t>(slot)];
  }
  [[nodiscard]] bool is_here(const ClientName& name) const {
    if (name.first < 0) return false;
    const auto& found = clients_[static_cast<std::size_t>(name.first)];
    return found != nullptr && found->request->index() == name.second;
  }
  [[nodiscard]] Replica& replica_of(const Client& own) {
    return *servers_[static_cast<std::size_t>(own.server)].replica;
  }

  // turn_clock.cpp: what is measured of them
  void completed(const Completion& completion) override;
  void end_input(Client& own);
  void end_turn(Client& own);

  SessionSource& source_;
  ClusterSetup setup_;
  SimulationConfig config_;
  ToolLatency tools_;
  PoissonArrivals arrivals_;
  EventQueue events_;
  RunMetrics metrics_;
  Timeline timeline_;
  ServerState state_;  // summed over the replicas
  std::vector<Server> servers_;
  std::vector<Replica*> entry_;   // replicas that take new prompts
  std::vector<Replica*> decode_;  // those that go on behind a prefill replica
  Router router_;
  Router decode_router_{RouterRule::least_loaded};
  std::optional<Link> link_;                      // between prefill and decode replicas
  std::vector<std::unique_ptr<Client>> clients_;  // (slot)
  std::vector<std::int64_t> free_clients_;
  struct PrefetchJob {
    std::int64_t server;
    std::vector<BlockId> blocks;
    BlockTouch touch;
  };
  std::unique_ptr<PrefetchPolicy> prefetch_;           // or null
  std::map<std::int64_t, PrefetchJob> prefetch_jobs_;  // to be started, by number
  std::map<TransferId, std::int64_t> prefetching_;     // server
  std::int64_t prefetch_number_ = 0;
  std::map<TransferId, std::int64_t> fetching_;          // slot of the client
  std::deque<std::shared_ptr<const Session>> arriving_;  // their arrival events are in the queue
  Nanoseconds expected_end_ = -1;                        // of a transfer, as last told to the queue
  Nanoseconds now_ = 0;
  std::int64_t scheduled_ = 0;  // sessions whose arrival is known
  std::int64_t added_ = 0;      // clients so far, sub-agents included
  std::int64_t turns_ready_ = 0;
  std::int64_t transfer_stamps_ = 0;
};

}  // namespace pagequest::simulator
