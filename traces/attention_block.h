// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/events.h"
#include "traces/header.h"

namespace pagequest::traces {

/// How many rows over the pages a step has of each kind of values.
struct BlockShape {
  std::size_t groups = 0;       // layers * KV heads
  std::size_t query_heads = 0;  // layers * query heads; 0: not captured
  std::size_t thresholds = 0;   // thresholds * layers * KV heads; 0: not captured
};
[[nodiscard]] BlockShape block_shape(const Header& header);

/// Attention of up to 32 steps of one thread as it arrived: step after step, each (row, page) over
/// that step's own pages.
struct RawBlock {
  Thread thread = Thread::main;
  std::vector<std::int32_t> steps;
  std::vector<std::size_t> pages_of_step;  // how many pages each step lists
  std::vector<std::int32_t> pages;         // of all steps, behind one another
  std::vector<float> mean;
  std::vector<float> max;
  std::vector<float> query_head_mass;
  std::vector<std::uint64_t> tokens_above;

  void add(const PagesAttended& attended);
  [[nodiscard]] std::size_t bytes() const;
};

/// The same for the file: one page axis for all steps, (row, step, page).
struct PackedBlock {
  BlockShape shape;
  std::size_t steps = 0;
  std::vector<std::int32_t> pages;          // that any step lists, ascending
  std::vector<std::uint32_t> page_in_step;  // (page): bit s is set if step s lists the page
  std::vector<float> mean;  // (layer, KV head, step, page); 0 where the page is not listed
  std::vector<float> max;
  std::vector<float> query_head_mass;       // (layer, query head, step, page)
  std::vector<std::uint64_t> tokens_above;  // (threshold, layer, KV head, step, page)

  [[nodiscard]] std::size_t value_bytes() const;
};

/// `shape`: of every step in the block.
[[nodiscard]] PackedBlock pack(const RawBlock& raw, const BlockShape& shape);

/// One step of a packed block, with the pages and numbers that were recorded.
struct UnpackedStep {
  std::vector<std::int32_t> pages;
  std::vector<float> mean;
  std::vector<float> max;
  std::vector<float> query_head_mass;
  std::vector<std::uint64_t> tokens_above;
};
[[nodiscard]] UnpackedStep unpack(const PackedBlock& block, std::size_t step);

}  // namespace pagequest::traces
