// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/kv/reads/read_plan.h"
#include "engine/ops/attended_page.h"
#include "engine/ops/turned_pages.h"
#include "engine/runtime/engine.h"

namespace pagequest::runtime {

/// A page whose tokens lie in other rows than their own (kv::PageTable::compact).
struct CompactedPage {
  std::size_t index;   // of GroupPages::pages
  std::uint64_t live;  // bit i: the token at the page's first position + i is live
};

/// The pages of one KV group that hold live tokens, the chunk's own included; ascending.
struct GroupPages {
  std::vector<ops::AttendedPage> pages;
  std::vector<CompactedPage> compacted = {};
  std::vector<ops::TurnedPages> turns = {};  // with compact positions (key_turns.h)
  /// (page): where its masses go in a row of ForwardChunk::listed_pages.
  std::vector<std::int32_t> columns;
};

/// Where a chunk's captured attention goes; null: not wanted. Each is zero-filled by the forward
/// pass before it is written. Shapes as in PagesAttended (base/events.h); but bit r of a token set
/// is row r of the page, which the emitter translates.
struct CaptureBuffers {
  float* mean = nullptr;             // (layer, KV head, listed page)
  float* max = nullptr;              // (layer, KV head, listed page)
  float* sink_share = nullptr;       // (layer, KV head)
  float* query_head_mass = nullptr;  // (layer, query head, listed page)
  std::span<const float> thresholds;
  std::uint64_t* tokens_above = nullptr;  // (threshold, layer, KV head, listed page)
  float* last_query = nullptr;            // (layer, query head, head_dim), after the rotation
};

/// One sequence's part of a forward pass: consecutive tokens whose pages are allocated.
struct ForwardChunk {
  std::span<const std::int32_t> tokens;
  std::int32_t first_position = 0;
  std::vector<GroupPages> groups;          // (KV group)
  std::vector<std::int32_t> listed_pages;  // logical, of any group, ascending
  /// The token that follows the chunk, -1 where a logit is not finite; null: not wanted.
  std::int32_t* next_token = nullptr;
  Sampling sampling;        // of it
  float* logits = nullptr;  // that it is sampled from, (vocabulary); null: not wanted
  bool captures = false;
  CaptureBuffers capture;
  std::int32_t capture_rows = 1;  // last rows whose attention is averaged
  /// Of a decode step: chooses the pages that its row attends to; null: all of them. Its step has
  /// begun.
  kv::ReadPlan* reads = nullptr;
  std::int32_t* tokens_read = nullptr;  // (layer, KV head) keys of a decode step; null: not counted

  [[nodiscard]] std::int64_t rows() const { return static_cast<std::int64_t>(tokens.size()); }
  /// Whether the logits of the last row are computed.
  [[nodiscard]] bool gives_logits() const { return next_token != nullptr || logits != nullptr; }
  [[nodiscard]] std::int64_t listed() const {
    return static_cast<std::int64_t>(listed_pages.size());
  }
};

}  // namespace pagequest::runtime
