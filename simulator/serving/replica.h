// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "simulator/cost/step_cost.h"
#include "simulator/event_queue.h"
#include "simulator/serving/completion.h"
#include "simulator/serving/decode_set.h"
#include "simulator/serving/new_token_ratio.h"
#include "simulator/serving/page_ledger.h"
#include "simulator/serving/request.h"
#include "simulator/serving/reuse_oracle.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator {

struct ReplicaCounters {
  std::int64_t iterations = 0;
  std::int64_t batch_threads = 0;  // summed over the iterations
  std::int64_t max_batch_threads = 0;
  std::int64_t preemptions = 0;
  std::int64_t reused_tokens = 0;   // found in the prefix cache, after a preemption too
  std::int64_t fetched_tokens = 0;  // brought up from a tier
  std::int64_t prompt_blocks = 0;   // looked up, with identity
  std::int64_t hit_blocks = 0;      // found in the HBM
  std::int64_t tier_hit_blocks = 0;
  std::int64_t prefetched_blocks = 0;
  std::int64_t peak_live_tokens = 0;
  Nanoseconds busy_time = 0;
};

/// One server: continuous batching over a paged KV pool with a prefix cache.
///
/// A batch is either one iteration with chunks of prefill, or a run of decode steps: between two
/// scheduling events nothing about a decode batch changes but its length, so the run is computed in
/// closed form (DecodeSet). interrupt() cuts a run short when something arrives that the next
/// iteration must see. With config.step_by_step every run has one step, and all results are equal.
///
/// vllm: an iteration computes one token of every decoding thread, then chunks of prefill up to the
/// token budget (Sarathi-Serve, OSDI 2024), then admits requests without pages in their order while
/// their input fits and the watermark stays free. When pages run out, the request that was admitted
/// last loses its own and recomputes. sglang: while requests wait and fit, iterations prefill only;
/// a request fits if what the running ones are expected to decode, a share of what they may that
/// falls with every step, fits beside it; when pages run out, who has decoded the least is
/// retracted (sgl-project/sglang, managers/schedule_batch.py). pagequest: the rules of PageQuest's
/// engine, see replica_threads.cpp.
class Replica {
 public:
  Replica(std::int32_t id, const StepCost& cost, PageLedger pages, TierChain* tiers,
          const ReuseOracle* oracle, CompletionListener& listener, const SimulationConfig& config);

  /// A request begins here, or goes on behind a prefill elsewhere (`has_kv`: its keys and values
  /// come with it). False if the queue is full: nothing happens.
  bool submit(Request& request, std::int64_t turn, bool has_kv);
  /// The request's blocked main thread goes on; its turn is the `turn`-th of all.
  void resume(Request& request, std::int64_t turn);
  /// The request's program moved on: pages come back, its place is found anew.
  void update(Request& request, Nanoseconds now);
  /// It leaves: whatever it holds comes back.
  void remove(Request& request, Nanoseconds now);
  /// A fetch from the tiers has ended.
  void fetched(Request& request, Nanoseconds now);

  /// Blocks that nobody asked for yet come up from the tiers; those that are there, or can be, are
  /// left out. Nothing if none is left.
  [[nodiscard]] std::optional<TransferId> prefetch(std::span<const BlockId> ids,
                                                   const BlockTouch& touch);
  /// Such a fetch has ended: the blocks get pages at the next batch, as far as there are any.
  void prefetched(TransferId transfer, Nanoseconds now);

  /// Forms the next batch; its end, or nothing if there is nothing to do.
  [[nodiscard]] std::optional<Nanoseconds> start(Nanoseconds now);
  /// The batch's new end if a run of steps must stop early at the first boundary from `now` on.
  [[nodiscard]] std::optional<Nanoseconds> interrupt(Nanoseconds now);
  /// The batch is done. The requests whose operations ended, each once or more; call update() or
  /// remove() for them.
  [[nodiscard]] const std::vector<Request*>& finish(Nanoseconds now);

  /// Fetches that start() has begun since the last call; the caller tells when they have ended.
  [[nodiscard]] std::vector<std::pair<TransferId, Request*>> take_fetches();
  /// Tokens that runs of decode steps have given to main and auxiliary threads since the last call.
  struct RunTokens {
    std::int64_t main = 0;
    std::int64_t auxiliary = 0;
  };
  [[nodiscard]] RunTokens take_run_tokens() { return std::exchange(run_tokens_, {}); }

  /// Beyond what is held now, on average over the run under way.
  struct Growth {
    double pages = 0.0;
    double tokens = 0.0;
  };
  [[nodiscard]] Growth mean_growth() const;
  [[nodiscard]] Nanoseconds began() const { return began_; }

  [[nodiscard]] std::int32_t id() const { return id_; }
  [[nodiscard]] bool busy() const { return steps_ > 0; }
  [[nodiscard]] std::int64_t batch_threads() const { return busy() ? batch_threads_ : 0; }
  [[nodiscard]] std::int64_t running() const { return static_cast<std::int64_t>(active_.size()); }
  /// Those whose blocks are on their way up included.
  [[nodiscard]] std::int64_t waiting() const {
    return static_cast<std::int64_t>(waiting_.size()) + fetching_;
  }
  [[nodiscard]] std::int64_t idle() const {
    return static_cast<std::int64_t>(idle_.size()) + absent_;
  }
  [[nodiscard]] std::int64_t resident_tokens() const { return resident_tokens_; }
  [[nodiscard]] const PageLedger& pages() const { return pages_; }
  [[nodiscard]] const ReplicaCounters& counters() const { return counters_; }
  /// Leading pages of the prompt that the prefix cache holds.
  [[nodiscard]] std::int64_t cached_prefix(std::span<const BlockId> ids) const;

  /// Conservation: pages held by requests are the private pages; programmer errors otherwise.
  void check_invariants() const;

 private:
  using Key = std::pair<std::int64_t, std::int32_t>;  // order, seat
  using WaitKey = std::pair<std::int64_t, Key>;       // class or length first
  enum class Place : std::uint8_t { nowhere, waiting, active, idle, absent, fetching };
  struct Seat {
    Request* request = nullptr;
    std::int64_t turn = 0;                   // order in which turns became ready
    std::int64_t admitted = 0;               // order of admission
    std::int64_t thread_orders[2] = {0, 0};  // in which threads came in; 0: there is none
    std::int32_t forks = 0;                  // of the request that have an order
    std::int64_t private_pages = 0;
    std::int64_t reserved = 0;       // private too, for the chunk under way or a fetch
    std::int64_t tokens = 0;         // live and resident
    std::vector<std::int32_t> refs;  // pages that are held in the cache, ascending
    std::int32_t looked_at = 0;      // pages whose identity was dealt with
    std::int32_t fetching = 0;       // pages
    std::int64_t turn_decoded =
        0;               // tokens, by the main thread; not yet those of the run under way
    WaitKey wait_key{};  // while it waits
    Place place = Place::nowhere;
    bool resident = false;
    bool has_kv = false;  // keys and values come with it, when it is admitted
  };
  /// A thread that can compute, where each one is scheduled by itself.
  struct ReadyThread {
    std::int64_t order;
    std::int32_t seat;
    Thread thread;
    Work work;
    bool decodes;
  };
  /// Of a prompt's leading pages.
  struct Found {
    std::int32_t looked_up = 0;
    std::int32_t cached = 0;
    std::int32_t evictable = 0;  // of the cached ones: nobody holds them
    std::vector<BlockId> below;  // behind the cached ones, in a tier
  };
  struct Chunk {
    std::int32_t seat;
    Thread thread;
    Work work;
    std::int32_t tokens;
    std::int64_t pages;
  };

  // replica.cpp: seats and places
  Seat& seat(std::int32_t index) { return seats_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const Seat& seat(std::int32_t index) const {
    return seats_[static_cast<std::size_t>(index)];
  }
  std::int32_t take_seat(Request& request);
  void place(std::int32_t index);
  void move_to(std::int32_t index, Place target);
  [[nodiscard]] WaitKey wait_key(std::int32_t index) const;
  [[nodiscard]] bool prefills(std::int32_t index) const;
  void track_prefill(std::int32_t index);
  void join_waiting_threads();
  void join_decoding(std::int32_t index, Thread thread);
  void collect_decoded(std::int32_t index);
  void complete(std::int32_t index, Thread thread, const Work& work, std::int32_t tokens);

  // replica_pages.cpp: what a request holds
  void settle(std::int32_t index);
  void settle_tokens(std::int32_t index);
  [[nodiscard]] std::int32_t known_pages(const Seat& own) const;
  [[nodiscard]] BlockId block_id(const Seat& own, std::int32_t page) const;
  [[nodiscard]] BlockTouch touch(const Seat& own, std::int32_t page, Nanoseconds now) const;
  void publish(std::int32_t index, Nanoseconds now);
  void release_dead(std::int32_t index, Nanoseconds now);
  void release_all(std::int32_t index, Nanoseconds now);
  void evacuate(std::int32_t index, Nanoseconds now);
  [[nodiscard]] std::int32_t reusable_pages(const Seat& own) const;
  [[nodiscard]] Found look_up(const Seat& own) const;
  void take_over(std::int32_t index, std::int32_t pages, Nanoseconds now);
  void land_prefetched(Nanoseconds now);
  void begin_fetch(std::int32_t index, const std::vector<BlockId>& ids, Nanoseconds now);

  // replica_batch.cpp, replica_admission.cpp, replica_preemption.cpp: forming batches
  void plan(Nanoseconds now);
  void plan_prefill_first(Nanoseconds now);
  bool reserve_decode_step(Nanoseconds now);
  void prefill_pass(Nanoseconds now);
  void admit(Nanoseconds now);
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool fits(const Seat& own, const Found& found);
  bool admit_one(std::int32_t index, Nanoseconds now);
  void land(std::int32_t index, const Found& found, Nanoseconds now);
  bool add_chunk(std::int32_t index, Thread thread, Nanoseconds now);
  [[nodiscard]] std::int64_t promised_pages() const;
  [[nodiscard]] std::int64_t expected_decode_tokens() const;
  [[nodiscard]] std::int32_t victim() const;
  [[nodiscard]] std::int32_t least_decoded() const;
  void preempt(std::int32_t index, Nanoseconds now);
  void raise_new_token_ratio();

  // replica_threads.cpp: the same, thread by thread
  [[nodiscard]] bool by_threads() const { return config_.scheduler == BatchRule::pagequest; }
  void order_threads(std::int32_t index);
  void plan_threads(Nanoseconds now);
  [[nodiscard]] std::vector<ReadyThread> ready_threads() const;
  [[nodiscard]] std::vector<ReadyThread> try_batch(const std::vector<ReadyThread>& threads);
  [[nodiscard]] std::pair<std::int32_t, Thread> victim_for(const ReadyThread& needy,
                                                           std::int64_t oldest) const;
  bool make_room(const std::vector<ReadyThread>& starved, std::int64_t oldest);
  void preempt_thread(std::int32_t index, Thread thread);

  [[nodiscard]] std::int64_t run_length(const DecodeLine& line) const;
  [[nodiscard]] std::int64_t steps_without_admission() const;
  [[nodiscard]] BatchShape shape_of_chunks() const;
  void finish_decodes(std::int64_t steps, Nanoseconds now);
  void finish_chunk(const Chunk& chunk, Nanoseconds now);

  std::int32_t id_;
  const StepCost& cost_;
  SimulationConfig config_;
  PageLedger pages_;
  TierChain* tiers_;
  const ReuseOracle* oracle_;
  CompletionListener* listener_;
  std::int64_t watermark_;

  std::vector<Seat> seats_;
  std::vector<std::int32_t> free_seats_;
  std::set<WaitKey> waiting_;
  std::set<Key> active_;       // resident and able to compute, by order of admission
  std::set<Key> idle_;         // resident, waiting for a tool
  std::set<Key> prefilling_;   // of the active ones
  std::int64_t fetching_ = 0;  // waiting for blocks from a tier
  std::int64_t absent_ = 0;    // waiting for a tool without pages
  std::int64_t resident_tokens_ = 0;
  std::int64_t admissions_ = 0;
  std::int64_t threads_ = 0;

  DecodeSet decodes_;
  std::int64_t decoding_[2] = {0, 0};  // main, auxiliary threads
  std::vector<std::int32_t> joining_;  // seats with threads that may decode from the next batch on
  std::vector<Chunk> chunks_;
  std::vector<Request*> moved_;  // their operations ended
  std::vector<std::pair<TransferId, Request*>> fetches_;
  struct Prefetched {
    std::vector<BlockId> ids;
    BlockTouch touch;
  };
  std::map<TransferId, Prefetched> prefetches_;  // under way
  std::vector<Prefetched> prefetched_;           // to be given pages
  RunTokens run_tokens_;

  // The batch under way.
  std::int64_t steps_ = 0;  // decode steps, or 1 with chunks; 0: none
  bool decodes_step_ = false;
  bool preempted_ = false;       // while it was formed
  bool head_is_cached_ = false;  // evictions change what the head of the queue would need
  double admission_gap_ = 0.0;   // tokens by which an estimate keeps the head of the queue out
  std::int64_t batch_threads_ = 0;
  std::int64_t budget_ = 0;        // tokens left
  std::int64_t decode_pages_ = 0;  // taken for the first decode step
  DecodeLine line_;
  Nanoseconds began_ = 0;
  Nanoseconds last_end_ = 0;
  Ticks fraction_ = 0;  // of a nanosecond that the clock lags behind at began_
  Ticks duration_ = 0;
  NewTokenRatio new_token_ratio_;
  ReplicaCounters counters_;
};

}  // namespace pagequest::simulator
