// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/events.h"
#include "simulator/event_queue.h"

namespace pagequest::simulator {

/// Identity of the tokens of a full page: equal ids hold equal keys and values (a hash over all
/// tokens up to the page's end, or what a trace states in its place).
using BlockId = std::uint64_t;

/// What an episode asks of a server, in served tokens and in program order.
///
/// Tokens that get keys and values, as recorded:
struct Prefill {  // the prompt, or a tool response with the token that ended the call
  std::int32_t tokens;
};
/// A request of its own: what the sequence held before goes back to the prefix cache, and a prompt
/// of `tokens` is looked up there and prefilled. Its first `blocks` pages are full and have the
/// identities Session::blocks[first_block ...]; the rest has none.
struct Prompt {
  std::int32_t tokens;
  std::int32_t first_block;
  std::int32_t blocks;
};
struct Decode {  // one token a step
  std::int32_t tokens;
};
/// Dropped by the recorded policy, at the end of a step or at a turn boundary.
struct Evict {
  TokenSpan span;
};
/// The main thread waits for a tool, or for its user.
struct CallTool {
  std::string tool;
  Nanoseconds duration = -1;  // as recorded; -1: drawn from the tool latency distribution
};
/// Sub-agents Session::agents[first ... first + count) start, and the main thread goes on.
struct StartAgents {
  std::int32_t first;
  std::int32_t count;
};
/// The main thread waits until all started sub-agents have ended.
struct AwaitAgents {};
struct BeginTurn {
  std::int32_t turn;
};
/// An auxiliary thread starts beside the main thread, sharing all of its pages.
struct ForkAux {
  std::int32_t prefill_tokens;
  std::int32_t decode_tokens;
  bool outlasts = false;  // its session, which ended before it did
};
/// The main thread needs the auxiliary thread's command, and waits for it if need be.
struct JoinAux {};

using Operation = std::variant<Prefill, Decode, Evict, CallTool, BeginTurn, ForkAux, JoinAux,
                               Prompt, StartAgents, AwaitAgents>;

/// Served tokens of one turn by what they are.
struct TurnTokens {
  std::int32_t input = 0;    // prefilled before it: the prompt, or the last tool's response
  std::int32_t thought = 0;  // decoded, before the call
  std::int32_t call = 0;     // decoded
  std::int32_t answer = 0;   // decoded, of a turn that ends without a call
  std::string tool;          // "" without a call
};

struct Session {
  EpisodeId episode;
  std::vector<Operation> program;
  std::vector<TurnTokens> turns;
  Nanoseconds arrival = -1;          // as recorded; -1: as the load generator has it
  std::int32_t priority = 0;         // lower ones are served first, where a scheduler looks at it
  std::vector<BlockId> blocks = {};  // of its prompts
  std::vector<Session> agents = {};  // sub-agents, without an arrival of their own
};

/// Sums over a program.
struct SessionTotals {
  std::int64_t prefill = 0;
  std::int64_t decode = 0;
  std::int64_t aux_prefill = 0;
  std::int64_t aux_decode = 0;
  std::int64_t evicted = 0;
  std::int64_t tool_calls = 0;
};
[[nodiscard]] SessionTotals totals(const Session& session);

/// Sessions and how they came about; `label` goes into every table (policy, model, scale).
struct Workload {
  std::vector<Session> sessions;
  std::string label;
  std::int32_t token_scale = 1;
  std::int32_t block_tokens = 0;  // of the block ids; 0: prompts have none
};

}  // namespace pagequest::simulator
