// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/workload/session.h"
#include "traces/import/request_trace.h"

namespace pagequest::simulator {

/// Writes one session's program, request by request and wait by wait.
class RequestProgram {
 public:
  /// page_tokens divides the trace's blocks; 0: no identities.
  RequestProgram(const traces::RequestTrace& trace, std::int32_t page_tokens, EpisodeId episode);

  void request(const traces::RequestRow& row);
  /// Nothing, unless it is above 0.
  void gap(Nanoseconds duration);
  void start(Session agent);
  void await_agents();

  [[nodiscard]] Session take() { return std::move(session_); }

 private:
  void add_pages(const traces::RequestRow& row);
  void name_pages(std::uint64_t block, std::int32_t pages, std::int32_t per_block);

  const traces::RequestTrace& trace_;
  std::int32_t page_tokens_;
  Session session_;
};

/// Nanoseconds between a request's end and the next one's start, as the trace has it: the delay,
/// else the time between the arrivals less the duration (0 where neither is known).
[[nodiscard]] Nanoseconds pause_between(const traces::RequestRow& before,
                                        const traces::RequestRow& row);

/// When a request ended on its trace's clock, as far as the trace tells.
[[nodiscard]] Nanoseconds recorded_end(const traces::RequestRow& row);

}  // namespace pagequest::simulator
