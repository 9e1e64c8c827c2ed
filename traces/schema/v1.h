// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "traces/schema/column.h"

/// Trace format, version 1 (docs/format.md is the prose for readers in other languages).
///
/// First version. A trace is one HDF5 file: root attributes say under which conditions it was
/// recorded; each table below is a group of equally long 1-D datasets. The rows of one episode are
/// consecutive in every table; its row of /episodes says where, is written last and marks the
/// episode as whole. `events` gives the order: the n-th event of a kind is the n-th row of the
/// episode in that kind's table. Attention lies in blocks of up to 32 steps of one thread; a block
/// is head-major, so that one head's history is read without the others.
namespace pagequest::traces::schema::v1 {

inline constexpr std::string_view kFormat = "pagequest-trace";
inline constexpr std::int32_t kVersion = 1;
inline constexpr std::size_t kBlockSteps = 32;  // as many as PageRow::steps has bits

/// Stored in /events/kind. Numbers are never reused.
enum class EventKind : std::uint8_t {
  episode_began = 0,
  tokens_filled = 1,
  pages_attended = 2,
  tokens_evicted = 3,
  page_freed = 4,
  turn_began = 5,
  tool_responded = 6,
  aux_forked = 7,
  aux_joined = 8,
  episode_ended = 9,
};
inline constexpr std::size_t kEventKinds = 10;

/// Consecutive rows of another table, from `begin`.
struct Range {
  std::int64_t begin = 0;
  std::int64_t count = 0;
};

struct EventRow {
  std::uint8_t kind;
};
struct StepRow {
  std::uint8_t thread;
  std::uint8_t kind;
  std::int32_t step;
  std::int64_t iteration;
  std::int32_t first;
  std::int64_t tokens_begin;
  std::int32_t tokens_count;
};
struct TokenRow {
  std::int32_t token;
};
struct TurnRow {
  std::int32_t turn;
};
struct ToolRow {
  std::int32_t turn;
  std::int32_t cursor;
  std::int32_t call_first;
  std::int32_t call_count;
  std::int32_t response_first;
  std::int32_t response_count;
  std::int64_t name_begin;
  std::int32_t name_count;
};
struct ToolNameRow {
  std::uint8_t byte;
};
struct EvictionRow {
  std::int32_t step;
  std::int32_t turn;
  std::int32_t first;
  std::int32_t count;
  std::int32_t tokens;
};
struct PageFreedRow {
  std::uint8_t thread;
  std::int32_t step;
  std::int32_t page;
};
struct ForkRow {
  std::int32_t turn;
  std::int32_t step;
  std::int32_t fork_point;
  std::int32_t shared_pages;
};
struct JoinRow {
  std::int32_t turn;
  std::int32_t tokens;
  std::uint8_t parsed;
  std::int64_t cursors_begin;
  std::int32_t cursors_count;
};
struct JoinCursorRow {
  std::int32_t cursor;
};
struct AttentionRow {
  std::uint8_t thread;
  std::int32_t step;
  std::int32_t query_rows;
  std::int64_t block;
  std::int32_t slot;
};
struct BlockRow {
  std::uint8_t thread;
  std::int32_t first_step;
  std::int32_t steps;
  std::int64_t pages_begin;
  std::int32_t pages_count;
  std::int64_t values_begin;
};
struct PageRow {
  std::int32_t page;
  std::uint32_t steps;
};

/// The tables whose rows belong to one episode, in the order of EpisodeRow::ranges.
using EpisodeTables =
    std::tuple<EventRow, StepRow, TokenRow, TurnRow, ToolRow, ToolNameRow, EvictionRow,
               PageFreedRow, ForkRow, JoinRow, JoinCursorRow, AttentionRow, BlockRow, PageRow>;
inline constexpr std::size_t kEpisodeTables = std::tuple_size_v<EpisodeTables>;

struct EpisodeRow {
  std::int32_t episode = -1;
  std::uint8_t outcome = 0;
  std::uint8_t correct = 0;
  std::uint8_t strict = 0;
  std::int32_t turns = 0;
  std::int32_t needed_calls = 0;
  std::int32_t calls = 0;
  std::int32_t peak_tokens = 0;
  std::int32_t peak_tokens_with_aux = 0;
  std::int32_t aux_tokens = 0;
  std::int64_t kv_reads_tokens = 0;
  /// Two more columns a table: `<table>_begin` and `<table>_count`, with _ for / in the name.
  std::array<Range, kEpisodeTables> ranges{};
};

struct UnfinishedRow {
  std::int32_t episode;
};

/// The masses of all blocks, behind one another; a block takes layers * KV heads * steps * pages
/// values from BlockRow::values_begin. Values that no block names are padding.
inline constexpr std::string_view kMeanMasses = "attention/mean";
inline constexpr std::string_view kMaxMasses = "attention/max";
inline constexpr std::size_t kValuesChunk =
    16384;  // 64 KiB: a few heads of a block of a small model

}  // namespace pagequest::traces::schema::v1
