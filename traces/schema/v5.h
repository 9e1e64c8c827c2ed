// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "traces/schema/v4.h"

/// Trace format, version 5 (docs/format.md is the prose for readers in other languages).
///
/// Version 4 with the precision that tokens are stored with, and with the keys that a step selected
/// when it read them. Each table exists if the header announces it.
namespace pagequest::traces::schema::v5 {

inline constexpr std::int32_t kVersion = 5;

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
  tokens_requantised = 12,
  keys_read = 13,
};
inline constexpr std::size_t kEventKinds = 14;

using v4::AttentionRow;
using v4::BlockRow;
using v4::EpisodeTables;
using v4::EventRow;
using v4::EvictionRow;
using v4::ForkRow;
using v4::HeadEvictionRow;
using v4::JoinCursorRow;
using v4::JoinRow;
using v4::kBlockSteps;
using v4::kEpisodeTables;
using v4::KeyBoundsRow;
using v4::kFirstPages;
using v4::kFormat;
using v4::kHighestKeys;
using v4::kLowestKeys;
using v4::kMaxMasses;
using v4::kMeanMasses;
using v4::kQueryCosines;
using v4::kQueryHeadMasses;
using v4::kSinkShares;
using v4::kStepValuesChunk;
using v4::kTokensAbove;
using v4::kValuesChunk;
using v4::PageFreedRow;
using v4::PageRow;
using v4::Range;
using v4::StepRow;
using v4::TokenRow;
using v4::ToolNameRow;
using v4::ToolRow;
using v4::TurnRow;
using v4::UnfinishedRow;

/// tokens_requantised. Only with the capture `requantisations`.
struct RequantisationRow {
  std::int32_t step;
  std::int32_t turn;
  std::int32_t layer;
  std::int32_t kv_head;
  std::int32_t first;
  std::int32_t count;
  std::int32_t tokens;
  std::int32_t key_bits;
  std::int32_t value_bits;
};

/// keys_read. Only with the capture `key_reads`.
struct KeyReadsRow {
  std::uint8_t thread;
  std::int32_t step;
};

/// Dataset of int32, (layer, KV head) of each row of KeyReadsRow.
inline constexpr std::string_view kKeyReads = "key_reads/tokens";

struct EpisodeRow : v4::EpisodeRow {
  Range
      requantisations{};  // of RequantisationRow; two columns as for the other tables, if it exists
  Range key_reads{};      // of KeyReadsRow
};

}  // namespace pagequest::traces::schema::v5
