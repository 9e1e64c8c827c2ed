// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/request_sessions.h"

#include <string>
#include <variant>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/event_sink.h"

using namespace pagequest;
using namespace pagequest::simulator;
using Catch::Matchers::Contains;
using traces::RequestRow;
using traces::RequestTrace;
using traces::TailRule;

namespace {

/// A program as text: "T0 P9/2 D4 gap:5 S0+1 A" and so on.
std::string program(const Session& session) {
  std::string out;
  for (const Operation& operation : session.program) {
    if (!out.empty()) out += ' ';
    std::visit(
        Overloaded{[&](const BeginTurn& op) { out += "T" + std::to_string(op.turn); },
                   [&](const Prompt& op) {
                     out += "P" + std::to_string(op.tokens) + "/" + std::to_string(op.blocks);
                   },
                   [&](const Decode& op) { out += "D" + std::to_string(op.tokens); },
                   [&](const CallTool& op) { out += op.tool + ":" + std::to_string(op.duration); },
                   [&](const StartAgents& op) {
                     out += "S" + std::to_string(op.first) + "+" + std::to_string(op.count);
                   },
                   [&](const AwaitAgents&) { out += "A"; }, [&](const auto&) { out += "?"; }},
        operation);
  }
  return out;
}

/// One request a session, prompts of 10 and 9 tokens in blocks of 4.
RequestTrace two_requests(TailRule tail) {
  RequestTrace trace;
  trace.identity = {.block_tokens = 4, .tail = tail};
  trace.clock = traces::Clock::trace;
  trace.sessions.resize(2);
  const bool ceil = tail == TailRule::ceil;
  trace.blocks =
      ceil ? std::vector<std::uint64_t>{1, 2, 3, 1, 2, 4} : std::vector<std::uint64_t>{1, 2, 1, 2};
  const std::int32_t ids = ceil ? 3 : 2;
  trace.rows = {{.arrival_ns = 7, .blocks = ids, .input_tokens = 10, .output_tokens = 5},
                {.arrival_ns = 3,
                 .first_block = static_cast<std::uint64_t>(ids),
                 .blocks = ids,
                 .input_tokens = 9,
                 .output_tokens = 0,
                 .session = 1}};
  return trace;
}

/// A session of three requests: 1 s long each, at 0 s, 10 s and 30 s; session 1 is a sub-agent.
RequestTrace agent_trace(std::int64_t agent_start, std::int64_t agent_end) {
  RequestTrace trace;
  trace.clock = traces::Clock::session;
  trace.sessions = {{},
                    {.parent = 0, .parent_row = 0, .start_ns = agent_start, .end_ns = agent_end}};
  const RequestRow row{
      .arrival_ns = 0, .duration_ns = 1'000'000'000, .input_tokens = 8, .output_tokens = 3};
  trace.rows = {row, row, row, row};
  trace.rows[1].session = 1;
  trace.rows[1].arrival_ns = agent_start;
  trace.rows[2].arrival_ns = 10'000'000'000;
  trace.rows[3].arrival_ns = 30'000'000'000;
  return trace;
}

}  // namespace

TEST_CASE("Requests come in the order of their arrivals, and put out a token at least") {
  const Workload workload = request_workload(two_requests(TailRule::ceil));
  REQUIRE(workload.sessions.size() == 2);
  CHECK(workload.block_tokens == 4);
  CHECK(workload.sessions[0].arrival == 3);
  CHECK(workload.sessions[1].arrival == 7);
  CHECK(program(workload.sessions[0]) == "T0 P9/2");
  CHECK(program(workload.sessions[1]) == "T0 P10/2 D4");
  CHECK(workload.sessions[1].turns[0].answer == 5);
  CHECK(workload.sessions[1].episode.value == 1);
}

TEST_CASE("Only full pages have an identity, under both tail rules") {
  for (const TailRule tail : {TailRule::ceil, TailRule::floor}) {
    const Workload workload = request_workload(two_requests(tail));
    for (const Session& session : workload.sessions) {
      CHECK(session.blocks == std::vector<BlockId>{1, 2});
    }
  }
}

TEST_CASE("Smaller pages have identities that are equal where the blocks and places are") {
  RequestSessionOptions options;
  options.page_tokens = 1;
  const Workload workload = request_workload(two_requests(TailRule::ceil), options);
  const auto& nine = workload.sessions[0].blocks;
  const auto& ten = workload.sessions[1].blocks;
  CHECK(workload.block_tokens == 1);
  REQUIRE(nine.size() == 9);
  REQUIRE(ten.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t j = 0; j < 9; ++j) {
      INFO(i << " " << j);
      CHECK((ten[i] == nine[j]) == (i == j && i < 8));  // the last blocks are 3 and 4
    }
  }
  CHECK(request_workload(two_requests(TailRule::floor), options).sessions[0].blocks.size() == 8);
}

TEST_CASE("Pages that do not divide the trace's blocks are refused") {
  const RequestTrace trace = two_requests(TailRule::ceil);
  for (const std::int32_t pages : {3, 8, -4}) {
    RequestSessionOptions options;
    options.page_tokens = pages;
    CHECK_THROWS_WITH(RequestSessions(trace, options), Contains("a divisor of 4"));
  }
}

TEST_CASE("Without ids no page has an identity") {
  RequestTrace trace = two_requests(TailRule::ceil);
  trace.blocks.clear();
  for (RequestRow& row : trace.rows) row.blocks = 0;
  RequestSessionOptions options;
  options.page_tokens = 16;
  const Workload workload = request_workload(trace, options);
  CHECK(workload.block_tokens == 0);
  CHECK(program(workload.sessions[1]) == "T0 P10/0 D4");
}

TEST_CASE("A limit takes the first requests of the trace") {
  RequestSessionOptions options;
  options.max_requests = 1;
  const Workload workload = request_workload(two_requests(TailRule::ceil), options);
  REQUIRE(workload.sessions.size() == 1);
  CHECK(workload.sessions[0].arrival == 7);
  options.max_requests = -1;
  CHECK_THROWS_AS(request_workload(two_requests(TailRule::ceil), options), Error);
}

TEST_CASE("Turns of a session wait for the delay, else for the time between arrivals") {
  RequestTrace trace;
  trace.clock = traces::Clock::trace;
  trace.sessions.resize(1);
  trace.rows = {{.arrival_ns = 100, .duration_ns = 30, .input_tokens = 8, .output_tokens = 2},
                {.arrival_ns = 200, .input_tokens = 8, .output_tokens = 2},
                {.delay_ns = 5, .input_tokens = 8, .output_tokens = 2}};
  const Workload workload = request_workload(trace);
  REQUIRE(workload.sessions.size() == 1);
  CHECK(program(workload.sessions[0]) == "T0 P8/0 D1 gap:70 T1 P8/0 D1 gap:5 T2 P8/0 D1");
  CHECK(workload.sessions[0].turns[0].tool == "gap");
  CHECK(workload.sessions[0].turns[2].tool.empty());
}

TEST_CASE("A sub-agent starts where it did, and the next request waits for it") {
  const Workload workload = request_workload(agent_trace(2'000'000'000, 9'000'000'000));
  REQUIRE(workload.sessions.size() == 1);
  const Session& session = workload.sessions[0];
  CHECK(session.arrival == -1);
  CHECK(program(session) ==
        "T0 P8/0 D2 gap:1000000000 S0+1 A gap:1000000000 T1 P8/0 D2 gap:19000000000 T2 P8/0 D2");
  REQUIRE(session.agents.size() == 1);
  CHECK(program(session.agents[0]) == "T0 P8/0 D2");
}

TEST_CASE("A sub-agent that runs on is awaited by the request that came after its end") {
  const Workload workload = request_workload(agent_trace(1'000'000'000, 29'000'000'000));
  CHECK(program(workload.sessions[0]) ==
        "T0 P8/0 D2 S0+1 gap:9000000000 T1 P8/0 D2 A gap:1000000000 T2 P8/0 D2");
}

TEST_CASE("A sub-agent that runs to the end is awaited there") {
  const Workload workload = request_workload(agent_trace(1'000'000'000, 99'000'000'000));
  CHECK(program(workload.sessions[0]) ==
        "T0 P8/0 D2 S0+1 gap:9000000000 T1 P8/0 D2 gap:19000000000 T2 P8/0 D2 A");
}
