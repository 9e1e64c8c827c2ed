// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "simulator/memory/page_pool.h"
#include "simulator/scheduler/batch.h"
#include "simulator/scheduler/request.h"
#include "simulator/simulation_config.h"

namespace pagequest::simulator {

/// Continuous batching with chunked prefill over a paged KV pool, first come first served.
///
/// An iteration computes one token of every decoding thread, then chunks of prefill up to the token
/// budget (Sarathi-Serve, OSDI 2024: decode is never stalled by prefill); then requests without
/// pages are admitted, in order of arrival, while their input fits and the watermark stays free.
/// When a thread finds no page, a resident request is preempted: all its pages go, and it waits for
/// admission and recomputes. Requests that the caller hands over must outlive the scheduler.
class Scheduler {
 public:
  Scheduler(std::int64_t pages, std::int64_t window, const SimulationConfig& config);

  /// A request came in, or its state changed outside of complete(): pages that it no longer needs
  /// come back, and it is placed among those that wait, compute or idle.
  void update(Request& request);
  /// Reserves the pages of the next iteration. Empty if no request can compute.
  [[nodiscard]] Batch next_batch();
  /// The entry was computed. False if its request has ended meanwhile. True in `operation_ended`
  /// at the end of a program operation.
  bool complete(const BatchEntry& entry, bool& operation_ended);

  [[nodiscard]] const PagePool& pool() const { return pool_; }
  [[nodiscard]] std::int64_t resident_tokens() const { return resident_tokens_; }
  [[nodiscard]] std::int32_t running() const { return count(active_); }
  [[nodiscard]] std::int32_t waiting() const { return count(waiting_); }
  [[nodiscard]] std::int32_t idle() const { return count(idle_) + absent_; }
  [[nodiscard]] std::int64_t preemptions() const { return preemptions_; }

  /// Conservation: pages held by requests = pages used; programmer errors otherwise.
  void check_invariants() const;

 private:
  enum class Place : std::uint8_t { nowhere, waiting, active, idle, absent };
  struct Slot {
    Request* request = nullptr;
    Place place = Place::nowhere;
    bool resident = false;
    std::int32_t kv_pages = 0;  // as of the last settle()
    std::int32_t reserved = 0;  // for the batch under way
    std::int32_t tokens = 0;    // live and resident
  };

  [[nodiscard]] static std::int32_t count(const std::vector<std::int32_t>& ids) {
    return static_cast<std::int32_t>(ids.size());
  }
  Slot& slot(std::int32_t id);
  void settle(Slot& slot);
  void place(Slot& slot);
  [[nodiscard]] std::vector<std::int32_t>* list(Place place);
  void decode_pass(Batch& batch);
  void prefill_pass(Batch& batch);
  void admit(Batch& batch);
  [[nodiscard]] std::int32_t pages_to_admit(const Request& request) const;
  [[nodiscard]] std::int64_t promised_pages() const;
  [[nodiscard]] bool has_room(const Batch& batch) const;
  [[nodiscard]] bool add(Batch& batch, Slot& slot, Thread thread, std::int32_t limit);
  bool reserve(Batch& batch, Slot& requester, std::int32_t pages);
  [[nodiscard]] std::int32_t victim() const;
  void preempt(Batch& batch, Slot& slot);
  void evacuate(Slot& slot);
  void measure(Batch& batch) const;

  SimulationConfig config_;
  std::int64_t window_;
  PagePool pool_;
  std::vector<Slot> slots_;            // (request id)
  std::vector<std::int32_t> active_;   // resident and able to compute; ids ascending, as all lists
  std::vector<std::int32_t> waiting_;  // able to compute, without pages
  std::vector<std::int32_t> idle_;     // resident, waiting for a tool
  std::int32_t absent_ = 0;            // waiting for a tool without pages
  std::int64_t resident_tokens_ = 0;
  std::int64_t preemptions_ = 0;
  std::int32_t budget_ = 0;  // tokens left in the batch under construction
  bool preempted_ = false;   // during its construction
};

}  // namespace pagequest::simulator
