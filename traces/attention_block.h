// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/events.h"

namespace pagequest::traces {

/// Attention of up to 32 steps of one thread as it arrived: step after step, each (layer, KV head,
/// page) over that step's own pages.
struct RawBlock {
  Thread thread = Thread::main;
  std::vector<std::int32_t> steps;
  std::vector<std::size_t> pages_of_step;  // how many pages each step lists
  std::vector<std::int32_t> pages;         // of all steps, behind one another
  std::vector<float> mean;
  std::vector<float> max;

  void add(const PagesAttended& attended);
  [[nodiscard]] std::size_t bytes() const;
};

/// The same for the file: one page axis for all steps, (layer, KV head, step, page).
struct PackedBlock {
  std::size_t groups = 0;  // layers * KV heads
  std::size_t steps = 0;
  std::vector<std::int32_t> pages;          // that any step lists, ascending
  std::vector<std::uint32_t> page_in_step;  // (page): bit s is set if step s lists the page
  std::vector<float> mean;                  // (group, step, page); 0 where the page is not listed
  std::vector<float> max;
};

/// `groups` = layers * KV heads of every step in the block.
[[nodiscard]] PackedBlock pack(const RawBlock& raw, std::size_t groups);

/// One step of a packed block, with the pages and numbers that were recorded.
struct UnpackedStep {
  std::vector<std::int32_t> pages;
  std::vector<float> mean;
  std::vector<float> max;
};
[[nodiscard]] UnpackedStep unpack(const PackedBlock& block, std::size_t step);

}  // namespace pagequest::traces
