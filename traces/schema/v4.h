// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "traces/schema/v2.h"

/// Trace format, version 4 (docs/format.md is the prose for readers in other languages).
///
/// Version 3 with evictions from single layers and KV heads. The table exists if the header
/// announces them; rows of /evictions then tell of what no head holds any more.
namespace pagequest::traces::schema::v4 {

inline constexpr std::int32_t kVersion = 4;

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
  keys_bounded = 10,
  head_tokens_evicted = 11,
};
inline constexpr std::size_t kEventKinds = 12;

using v2::AttentionRow;
using v2::BlockRow;
using v2::EpisodeTables;
using v2::EventRow;
using v2::EvictionRow;
using v2::ForkRow;
using v2::JoinCursorRow;
using v2::JoinRow;
using v2::kBlockSteps;
using v2::kEpisodeTables;
using v2::KeyBoundsRow;
using v2::kFirstPages;
using v2::kFormat;
using v2::kHighestKeys;
using v2::kLowestKeys;
using v2::kMaxMasses;
using v2::kMeanMasses;
using v2::kQueryCosines;
using v2::kQueryHeadMasses;
using v2::kSinkShares;
using v2::kStepValuesChunk;
using v2::kTokensAbove;
using v2::kValuesChunk;
using v2::PageFreedRow;
using v2::PageRow;
using v2::Range;
using v2::StepRow;
using v2::TokenRow;
using v2::ToolNameRow;
using v2::ToolRow;
using v2::TurnRow;
using v2::UnfinishedRow;

/// head_tokens_evicted. Only with the capture `head_evictions`.
struct HeadEvictionRow {
  std::int32_t step;
  std::int32_t turn;
  std::int32_t layer;
  std::int32_t kv_head;
  std::int32_t first;
  std::int32_t count;
  std::int32_t tokens;
};

struct EpisodeRow : v2::EpisodeRow {
  Range head_evictions{};  // of HeadEvictionRow; two columns as for the other tables, if it exists
};

}  // namespace pagequest::traces::schema::v4
