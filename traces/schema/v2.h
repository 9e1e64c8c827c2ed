// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "traces/schema/v1.h"

/// Trace format, version 2 (docs/format.md is the prose for readers in other languages).
///
/// Version 1 with richer attention. Every dataset of version 1 is there and means the same; the
/// header says which of the optional ones below are there too. What goes with the masses of a block
/// lies in the blocks' order, so that BlockRow::values_begin leads to all of it; what is one number
/// a step and layer or head lies in the order of /attention/steps.
namespace pagequest::traces::schema::v2 {

inline constexpr std::int32_t kVersion = 2;
using v1::kBlockSteps;
using v1::kFormat;
using v1::kMaxMasses;
using v1::kMeanMasses;
using v1::kValuesChunk;

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
};
inline constexpr std::size_t kEventKinds = 11;

using v1::AttentionRow;
using v1::BlockRow;
using v1::EpisodeTables;
using v1::EventRow;
using v1::EvictionRow;
using v1::ForkRow;
using v1::JoinCursorRow;
using v1::JoinRow;
using v1::kEpisodeTables;
using v1::PageFreedRow;
using v1::PageRow;
using v1::Range;
using v1::StepRow;
using v1::TokenRow;
using v1::ToolNameRow;
using v1::ToolRow;
using v1::TurnRow;
using v1::UnfinishedRow;

/// keys_bounded: a page of a thread got its last token. Only with the capture `key_bounds`.
struct KeyBoundsRow {
  std::uint8_t thread;
  std::int32_t step;
  std::int32_t page;
  std::int64_t values_begin;
};

struct EpisodeRow : v1::EpisodeRow {
  Range key_bounds{};  // of KeyBoundsRow; two columns as for the other tables, if it exists
};

/// Each exists if the header says so. All values of blocks, behind one another; `b` is a block's
/// BlockRow::values_begin, `group` query heads share a KV head:
///   query_head_mass  (layer, query head, step, page)          from b * group
///   tokens_above     (threshold, layer, KV head, step, page)  from b * thresholds
inline constexpr std::string_view kQueryHeadMasses = "attention/query_head_mass";
inline constexpr std::string_view kTokensAbove = "attention/tokens_above";

/// Row r of /attention/steps has the values [r * width, (r + 1) * width):
///   first_page    (layer)
///   sink_share    (layer, KV head)
///   query_cosine  (layer, KV head), all NaN where the thread had no step before
inline constexpr std::string_view kFirstPages = "attention/first_page";
inline constexpr std::string_view kSinkShares = "attention/sink_share";
inline constexpr std::string_view kQueryCosines = "attention/query_cosine";
inline constexpr std::size_t kStepValuesChunk = 4096;

/// (layer, KV head, head_dim) of each row of /key_bounds/pages, from KeyBoundsRow::values_begin.
inline constexpr std::string_view kLowestKeys = "key_bounds/lowest";
inline constexpr std::string_view kHighestKeys = "key_bounds/highest";

}  // namespace pagequest::traces::schema::v2
