// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/request_sessions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "simulator/workload/request_program.h"

namespace pagequest::simulator {
namespace {

using traces::Clock;
using traces::RequestRow;
using traces::RequestTrace;

/// Puts what a session does in the order of the trace's clock, with waits between.
class SessionTimeline {
 public:
  /// `start`: of a sub-agent; -1: the first request is the start.
  SessionTimeline(RequestProgram& program, Nanoseconds start) : program_(program), now_(start) {}

  void request(const RequestRow& row) {
    await_agents_before(row.arrival_ns);
    if (moved_ || before_ == nullptr) {
      if (now_ >= 0) program_.gap(row.arrival_ns - now_);
    } else {
      program_.gap(pause_between(*before_, row));
    }
    program_.request(row);
    before_ = &row;
    moved_ = false;
    now_ = row.arrival_ns < 0 ? -1 : recorded_end(row);
  }

  void start(const traces::RequestSession& agent, Session program) {
    if (agent.start_ns >= 0) move_to(agent.start_ns);
    program_.start(std::move(program));
    agents_end_ = std::max(agents_end_, agent.end_ns);
    awaiting_ = moved_ = true;
  }

  void finish() {
    if (awaiting_) program_.await_agents();
  }

 private:
  /// A request that came after all running agents had ended had waited for them.
  void await_agents_before(Nanoseconds time) {
    constexpr Nanoseconds kRounding = 1'000'000'000;  // times may be whole seconds
    if (!awaiting_ || agents_end_ > time + kRounding) return;
    program_.await_agents();
    awaiting_ = false;
    moved_ = true;
    now_ = std::max(now_, agents_end_);
  }

  void move_to(Nanoseconds time) {
    if (now_ >= 0) program_.gap(time - now_);
    now_ = std::max(now_, time);
  }

  RequestProgram& program_;
  Nanoseconds now_;                     // up to where the program has come; -1: not told
  Nanoseconds agents_end_ = -1;         // of those that run
  const RequestRow* before_ = nullptr;  // request
  bool moved_ = false;                  // by agents since that request
  bool awaiting_ = false;
};

std::int32_t page_tokens_of(const RequestTrace& trace, std::int32_t asked) {
  if (!has_block_ids(trace)) return 0;
  const std::int32_t block = trace.identity.block_tokens;
  if (asked == 0) return block;
  if (asked > 0 && block % asked == 0) return asked;
  throw usage_error({"pages do not fit the blocks of the trace", trace.source,
                     "pages of " + std::to_string(asked) + " tokens",
                     "a divisor of " + std::to_string(block) + ", or 0 for the blocks themselves",
                     "inside a block the trace does not say what is equal"});
}

void check(const RequestSessionOptions& options) {
  if (options.max_requests < 0) {
    throw usage_error({"a number of requests is impossible", "",
                       std::to_string(options.max_requests), "0 for all, or more", "leave it out"});
  }
}

/// Indices [0, owner.size()) sorted by their owners, which are in [0, owners) or -1 for none, and
/// where each owner's begin.
void group(const std::vector<std::int32_t>& owner, std::size_t owners,
           std::vector<std::int32_t>& members, std::vector<std::size_t>& begins) {
  begins.assign(owners + 1, 0);
  for (const std::int32_t o : owner) {
    if (o >= 0) ++begins[static_cast<std::size_t>(o) + 1];
  }
  for (std::size_t i = 0; i < owners; ++i) begins[i + 1] += begins[i];
  members.resize(begins[owners]);
  std::vector<std::size_t> next(begins.begin(), begins.end() - 1);
  for (std::size_t i = 0; i < owner.size(); ++i) {
    if (owner[i] < 0) continue;
    members[next[static_cast<std::size_t>(owner[i])]++] = static_cast<std::int32_t>(i);
  }
}

}  // namespace

RequestSessions::RequestSessions(const RequestTrace& trace, const RequestSessionOptions& options)
    : trace_(trace), options_(options), page_tokens_(page_tokens_of(trace, options.page_tokens)) {
  check(options);
  const auto rows = static_cast<std::int64_t>(trace.rows.size());
  row_limit_ = options.max_requests == 0 ? rows : std::min(rows, options.max_requests);
  group_rows();
  list_starts();
}

void RequestSessions::group_rows() {
  const std::size_t sessions = trace_.sessions.size();
  std::vector<std::int32_t> owner;
  for (std::int64_t i = 0; i < row_limit_; ++i) {
    owner.push_back(trace_.rows[static_cast<std::size_t>(i)].session);
  }
  group(owner, sessions, rows_, first_row_);
  owner.clear();
  for (std::size_t i = 0; i < sessions; ++i) {
    const bool has_rows = first_row_[i] < first_row_[i + 1];
    owner.push_back(has_rows ? trace_.sessions[i].parent : -1);
  }
  group(owner, sessions, agents_, first_agent_);
  for (std::size_t i = 0; i < sessions; ++i) {
    std::stable_sort(agents_.begin() + static_cast<std::ptrdiff_t>(first_agent_[i]),
                     agents_.begin() + static_cast<std::ptrdiff_t>(first_agent_[i + 1]),
                     [this](std::int32_t a, std::int32_t b) {
                       return trace_.sessions[static_cast<std::size_t>(a)].start_ns <
                              trace_.sessions[static_cast<std::size_t>(b)].start_ns;
                     });
  }
}

std::span<const std::int32_t> RequestSessions::rows_of(std::size_t session) const {
  return std::span(rows_).subspan(first_row_[session],
                                  first_row_[session + 1] - first_row_[session]);
}

std::span<const std::int32_t> RequestSessions::agents_of(std::size_t session) const {
  return std::span(agents_).subspan(first_agent_[session],
                                    first_agent_[session + 1] - first_agent_[session]);
}

void RequestSessions::list_starts() {
  for (std::size_t i = 0; i < trace_.sessions.size(); ++i) {
    const auto rows = rows_of(i);
    if (trace_.sessions[i].parent >= 0 || rows.empty()) continue;
    const auto& first = trace_.rows[static_cast<std::size_t>(rows.front())];
    const bool is_known = trace_.clock == Clock::trace;
    order_.push_back({is_known ? first.arrival_ns : -1, static_cast<std::int32_t>(i)});
  }
  std::stable_sort(order_.begin(), order_.end(),
                   [](const Start& a, const Start& b) { return a.arrival < b.arrival; });
}

Session RequestSessions::session(std::size_t index) const {
  const Start& start = order_[index];
  Session out =
      whole(static_cast<std::size_t>(start.session), EpisodeId{static_cast<std::int32_t>(index)});
  out.arrival = start.arrival;
  return out;
}

Session RequestSessions::whole(std::size_t session, EpisodeId episode) const {
  RequestProgram program(trace_, page_tokens_, episode);
  SessionTimeline timeline(program, trace_.sessions[session].start_ns);
  auto agents = agents_of(session);
  const auto start_agents_after = [&](std::int32_t row) {
    for (; !agents.empty(); agents = agents.subspan(1)) {
      const auto agent = static_cast<std::size_t>(agents.front());
      if (trace_.sessions[agent].parent_row > row) return;
      timeline.start(trace_.sessions[agent], whole(agent, episode));
    }
  };
  for (const std::int32_t row : rows_of(session)) {
    start_agents_after(row - 1);
    timeline.request(trace_.rows[static_cast<std::size_t>(row)]);
  }
  start_agents_after(std::numeric_limits<std::int32_t>::max());
  timeline.finish();
  return program.take();
}

Workload request_workload(const RequestTrace& trace, const RequestSessionOptions& options) {
  const RequestSessions sessions(trace, options);
  Workload out;
  out.label = trace.format;
  out.block_tokens = sessions.page_tokens();
  out.sessions.reserve(sessions.size());
  for (std::size_t i = 0; i < sessions.size(); ++i) out.sessions.push_back(sessions.session(i));
  return out;
}

}  // namespace pagequest::simulator
