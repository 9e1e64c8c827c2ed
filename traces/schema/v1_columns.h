// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "traces/schema/column.h"
#include "traces/schema/v1.h"

/// Names, chunk lengths and columns of the tables of version 1.
namespace pagequest::traces::schema {

template <>
struct Table<v1::EventRow> {
  static constexpr std::string_view kName = "events";
  static constexpr std::size_t kChunkRows = 16384;
  static constexpr auto kColumns = std::tuple{
      Column{"kind", &v1::EventRow::kind,
             "0 episode_began, 1 tokens_filled, 2 pages_attended, 3 tokens_evicted, 4 page_freed, "
             "5 turn_began, 6 tool_responded, 7 aux_forked, 8 aux_joined, 9 episode_ended, "
             "10 keys_bounded, 11 head_tokens_evicted, 12 tokens_requantised, 13 keys_read"}};
};

template <>
struct Table<v1::StepRow> {
  static constexpr std::string_view kName = "steps";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns = std::tuple{
      Column{"thread", &v1::StepRow::thread, "0 main, 1 auxiliary"},
      Column{"kind", &v1::StepRow::kind, "0 prefill, 1 decode"},
      Column{"step", &v1::StepRow::step, "forward pass of the thread, from 0"},
      Column{"iteration", &v1::StepRow::iteration,
             "of the whole engine; equal numbers ran in one batch"},
      Column{"first", &v1::StepRow::first, "position of the first token"},
      Column{"tokens_begin", &v1::StepRow::tokens_begin, "first row in tokens"},
      Column{"tokens_count", &v1::StepRow::tokens_count, "tokens that got keys and values"}};
};

template <>
struct Table<v1::TokenRow> {
  static constexpr std::string_view kName = "tokens";
  static constexpr std::size_t kChunkRows = 16384;
  static constexpr auto kColumns =
      std::tuple{Column{"token", &v1::TokenRow::token, "vocabulary id"}};
};

template <>
struct Table<v1::TurnRow> {
  static constexpr std::string_view kName = "turns";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns =
      std::tuple{Column{"turn", &v1::TurnRow::turn, "that begins, from 0"}};
};

template <>
struct Table<v1::ToolRow> {
  static constexpr std::string_view kName = "tools";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns = std::tuple{
      Column{"turn", &v1::ToolRow::turn, "of the call, from 0"},
      Column{"cursor", &v1::ToolRow::cursor, "number of the response, -1 for an error"},
      Column{"call_first", &v1::ToolRow::call_first, "position of the first token of the call"},
      Column{"call_count", &v1::ToolRow::call_count, "tokens of the call"},
      Column{"response_first", &v1::ToolRow::response_first,
             "position of the first token of the response"},
      Column{"response_count", &v1::ToolRow::response_count, "tokens of the response"},
      Column{"name_begin", &v1::ToolRow::name_begin, "first row in tools/name of the tool's name"},
      Column{"name_count", &v1::ToolRow::name_count, "bytes of the name"}};
};

template <>
struct Table<v1::ToolNameRow> {
  static constexpr std::string_view kName = "tools/name";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns = std::tuple{Column{"byte", &v1::ToolNameRow::byte, "UTF-8"}};
};

template <>
struct Table<v1::EvictionRow> {
  static constexpr std::string_view kName = "evictions";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns = std::tuple{
      Column{"step", &v1::EvictionRow::step, "last main step before the eviction"},
      Column{"turn", &v1::EvictionRow::turn, "of the decision"},
      Column{"first", &v1::EvictionRow::first, "position of the first token of the span"},
      Column{"count", &v1::EvictionRow::count, "tokens of the span, live or not"},
      Column{"tokens", &v1::EvictionRow::tokens, "of the span that were live"}};
};

template <>
struct Table<v1::PageFreedRow> {
  static constexpr std::string_view kName = "pages_freed";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns =
      std::tuple{Column{"thread", &v1::PageFreedRow::thread, "0 main, 1 auxiliary"},
                 Column{"step", &v1::PageFreedRow::step, "last step of the thread before"},
                 Column{"page", &v1::PageFreedRow::page, "logical page: position / page size"}};
};

template <>
struct Table<v1::ForkRow> {
  static constexpr std::string_view kName = "forks";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns = std::tuple{
      Column{"turn", &v1::ForkRow::turn, "at whose start the auxiliary thread was forked"},
      Column{"step", &v1::ForkRow::step, "last step of the main thread before"},
      Column{"fork_point", &v1::ForkRow::fork_point,
             "position of the first own token of the auxiliary thread"},
      Column{"shared_pages", &v1::ForkRow::shared_pages, "pages shared with the main thread"}};
};

template <>
struct Table<v1::JoinRow> {
  static constexpr std::string_view kName = "joins";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns = std::tuple{
      Column{"turn", &v1::JoinRow::turn, "at whose start the command was applied"},
      Column{"tokens", &v1::JoinRow::tokens, "that the auxiliary thread had added"},
      Column{"parsed", &v1::JoinRow::parsed, "1: a valid command, 0: nothing was deleted"},
      Column{"cursors_begin", &v1::JoinRow::cursors_begin, "first row in joins/cursors"},
      Column{"cursors_count", &v1::JoinRow::cursors_count, "cursors that the command names"}};
};

template <>
struct Table<v1::JoinCursorRow> {
  static constexpr std::string_view kName = "joins/cursors";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns =
      std::tuple{Column{"cursor", &v1::JoinCursorRow::cursor, "named as expired"}};
};

template <>
struct Table<v1::AttentionRow> {
  static constexpr std::string_view kName = "attention/steps";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns = std::tuple{
      Column{"thread", &v1::AttentionRow::thread, "0 main, 1 auxiliary"},
      Column{"step", &v1::AttentionRow::step, "of the thread"},
      Column{"query_rows", &v1::AttentionRow::query_rows, "rows of the step that were averaged"},
      Column{"block", &v1::AttentionRow::block, "row in attention/blocks"},
      Column{"slot", &v1::AttentionRow::slot, "index of the step inside the block"}};
};

template <>
struct Table<v1::BlockRow> {
  static constexpr std::string_view kName = "attention/blocks";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns = std::tuple{
      Column{"thread", &v1::BlockRow::thread, "0 main, 1 auxiliary"},
      Column{"first_step", &v1::BlockRow::first_step, "of the thread"},
      Column{"steps", &v1::BlockRow::steps, "of the block, at most 32"},
      Column{"pages_begin", &v1::BlockRow::pages_begin, "first row in attention/pages"},
      Column{"pages_count", &v1::BlockRow::pages_count, "pages that any step of the block lists"},
      Column{"values_begin", &v1::BlockRow::values_begin,
             "first element in attention/mean and attention/max"}};
};

template <>
struct Table<v1::PageRow> {
  static constexpr std::string_view kName = "attention/pages";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns =
      std::tuple{Column{"page", &v1::PageRow::page, "logical page"},
                 Column{"steps", &v1::PageRow::steps, "bit s: step s of the block lists the page"}};
};

template <>
struct Table<v1::EpisodeRow> {
  static constexpr std::string_view kName = "episodes";
  static constexpr std::size_t kChunkRows = 256;
  static constexpr auto kColumns = std::tuple{
      Column{"episode", &v1::EpisodeRow::episode, "number"},
      Column{"outcome", &v1::EpisodeRow::outcome,
             "0 complete, 1 unparsable, 2 context limit, 3 turn limit"},
      Column{"correct", &v1::EpisodeRow::correct, "0 or 1"},
      Column{"strict", &v1::EpisodeRow::strict, "1: correct, with no call beyond the need"},
      Column{"turns", &v1::EpisodeRow::turns, "begun"},
      Column{"needed_calls", &v1::EpisodeRow::needed_calls, "of an expert"},
      Column{"calls", &v1::EpisodeRow::calls, "of tools, errors included"},
      Column{"peak_tokens", &v1::EpisodeRow::peak_tokens,
             "most live tokens of the main thread at once"},
      Column{"peak_tokens_with_aux", &v1::EpisodeRow::peak_tokens_with_aux,
             "the same with the auxiliary thread's own tokens"},
      Column{"aux_tokens", &v1::EpisodeRow::aux_tokens, "that auxiliary threads filled"},
      Column{"kv_reads_tokens", &v1::EpisodeRow::kv_reads_tokens,
             "sum over decode steps of both threads of the keys read: the live tokens, or what "
             "keys_read says"}};
};

template <>
struct Table<v1::UnfinishedRow> {
  static constexpr std::string_view kName = "unfinished";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns = std::tuple{Column{
      "episode", &v1::UnfinishedRow::episode, "begun, not whole when the recording was closed"}};
};

}  // namespace pagequest::traces::schema
