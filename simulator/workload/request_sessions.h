// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simulator/workload/session.h"
#include "traces/import/request_trace.h"

namespace pagequest::simulator {

struct RequestSessionOptions {
  /// Tokens of a page of the simulated cache; 0: the trace's blocks. Else it divides them.
  std::int32_t page_tokens = 0;
  std::int64_t max_requests = 0;  // the first ones of the trace; 0: all
};

/// Turns the sessions of a request trace into those of the simulator, one by one, so that a long
/// trace need not be there twice. A request is a Prompt and the decoding of all output tokens but
/// the first, which the prefill gives; at least one token is put out. Between the requests of a
/// session it waits as long as the trace says (CallTool "gap"): the recorded delay, else the time
/// between the arrivals less the recorded duration. Sub-agents start where the trace has it, and
/// are awaited by the first request that came after all of them had ended.
///
/// Only full pages have identities. A page that is smaller than the trace's blocks is named by a
/// hash of block id and place, also in the partial last block of a ceil trace.
class RequestSessions {
 public:
  /// The trace must outlive it. Throws usage_error on impossible options.
  RequestSessions(const traces::RequestTrace& trace, const RequestSessionOptions& options);

  [[nodiscard]] std::size_t size() const { return order_.size(); }
  /// By arrival; with equal or unknown arrivals in the order of the trace. The episode is `index`.
  [[nodiscard]] Session session(std::size_t index) const;
  /// Nanoseconds after the trace's start; -1: not told.
  [[nodiscard]] Nanoseconds arrival(std::size_t index) const { return order_[index].arrival; }
  /// Of the pages' identities; 0: there are none, and hit rates mean nothing.
  [[nodiscard]] std::int32_t page_tokens() const { return page_tokens_; }

 private:
  struct Start {
    Nanoseconds arrival;
    std::int32_t session;
  };
  void group_rows();
  void list_starts();
  [[nodiscard]] std::span<const std::int32_t> rows_of(std::size_t session) const;
  [[nodiscard]] std::span<const std::int32_t> agents_of(std::size_t session) const;
  [[nodiscard]] Session whole(std::size_t session, EpisodeId episode) const;

  const traces::RequestTrace& trace_;
  RequestSessionOptions options_;
  std::int32_t page_tokens_ = 0;
  std::int64_t row_limit_ = 0;
  std::vector<std::int32_t> rows_;        // by session, in their order
  std::vector<std::size_t> first_row_;    // into rows_, a session and one more
  std::vector<std::int32_t> agents_;      // by parent, in the order of their starts
  std::vector<std::size_t> first_agent_;  // into agents_, a session and one more
  std::vector<Start> order_;
};

/// All of them, labelled with the trace's format.
[[nodiscard]] Workload request_workload(const traces::RequestTrace& trace,
                                        const RequestSessionOptions& options = {});

}  // namespace pagequest::simulator
