// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::traces {

/// How many ids a prompt has: one for each block that it touches (ceil), or for each block that it
/// fills (floor).
enum class TailRule : std::uint8_t { ceil, floor };
/// Where equal ids mean equal blocks in the source. In a RequestTrace they do so everywhere: ids
/// of per_session sources have been made different from session to session.
enum class IdScope : std::uint8_t { global, per_session };
/// What equal ids promise: that the blocks and all that precedes them are equal (prefix_chained),
/// as a prefix cache needs it, or the blocks alone (content_only).
enum class IdSemantics : std::uint8_t { prefix_chained, content_only };
/// What the source's times are written in; none: it has no times.
enum class TimeUnit : std::uint8_t { none, nanoseconds, milliseconds, seconds, date };
/// What arrival times count from: the first request of the trace, or the start of each session,
/// where the source does not say when sessions start; none: nothing has an arrival time.
enum class Clock : std::uint8_t { none, trace, session };

[[nodiscard]] std::string_view to_string(TailRule rule);
[[nodiscard]] std::string_view to_string(IdScope scope);
[[nodiscard]] std::string_view to_string(IdSemantics semantics);
[[nodiscard]] std::string_view to_string(TimeUnit unit);
[[nodiscard]] std::string_view to_string(Clock clock);

/// The attributes without which block ids can't be read. Sources differ in all four.
struct BlockIdentity {
  std::int32_t block_tokens = 0;  // 0: the source has no ids
  TailRule tail = TailRule::ceil;
  IdScope scope = IdScope::global;
  IdSemantics semantics = IdSemantics::prefix_chained;
};

/// One request. Its ids are RequestTrace::blocks[first_block ... first_block + blocks).
struct RequestRow {
  std::int64_t arrival_ns = -1;   // RequestTrace::clock; -1: after the session's previous row
  std::int64_t delay_ns = -1;     // from the previous row's end to this one's start; -1: not told
  std::int64_t duration_ns = -1;  // from start to end, as the source measured it; -1: not told
  std::uint64_t first_block = 0;
  std::int32_t blocks = 0;
  std::int32_t input_tokens = 0;   // at least 1
  std::int32_t output_tokens = 0;  // at least 0
  std::int32_t session = 0;
  std::int32_t turn = 0;  // place in its session
  std::int32_t priority = 0;
  std::uint8_t kind = 0;  // RequestTrace::kinds[kind], as the source calls it
};
static_assert(sizeof(RequestRow) <= 64, "traces have millions of rows");

/// Rows that follow each other: a conversation, an agent's episode, or a request by itself.
/// Sub-agents are sessions with a parent.
struct RequestSession {
  std::int32_t parent = -1;      // session that started this one; -1: none
  std::int32_t parent_row = -1;  // its last row before that; -1: none
  std::int64_t start_ns = -1;    // on the clock of the parent's rows; -1: not told
  std::int64_t end_ns = -1;      // when the parent had its result; -1: not told
};

/// What became of the source's rows.
struct ImportManifest {
  std::int64_t rows_read = 0;
  std::map<std::string, std::int64_t> skipped;  // reason -> rows
  std::map<std::string, std::int64_t> notes;    // what was read but means less than it might
};

/// Requests of any public trace format in one shape (docs/request_traces.md). Rows are in the
/// source's order, and so are the rows of a session.
struct RequestTrace {
  std::string format;  // name of the importer
  std::string source;  // path, or "-"
  BlockIdentity identity;
  TimeUnit time_unit = TimeUnit::none;
  Clock clock = Clock::none;
  std::vector<RequestRow> rows;
  std::vector<RequestSession> sessions;
  std::vector<std::uint64_t> blocks;
  std::vector<std::string> kinds;  // the first one is ""
  ImportManifest manifest;
};

/// Whether hit rates mean anything: without ids nothing is known about what requests share.
[[nodiscard]] inline bool has_block_ids(const RequestTrace& trace) {
  return trace.identity.block_tokens > 0 && !trace.blocks.empty();
}

/// Makes the ids of a content_only trace prefix_chained: a block's id becomes a hash of its own id
/// and of those of all blocks before it in its prompt. Leaves other traces as they are.
void rechain(RequestTrace& trace);

}  // namespace pagequest::traces
