// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/attention_block.h"

#include <algorithm>

#include "base/check.h"
#include "traces/schema/v1.h"

namespace pagequest::traces {
namespace {

std::vector<std::int32_t> union_of(std::vector<std::int32_t> pages) {
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
  return pages;
}

}  // namespace

void RawBlock::add(const PagesAttended& attended) {
  PQ_CHECK(steps.size() < schema::v1::kBlockSteps, "a full block takes no more steps");
  thread = attended.thread;
  steps.push_back(attended.step);
  pages_of_step.push_back(attended.pages.size());
  pages.insert(pages.end(), attended.pages.begin(), attended.pages.end());
  mean.insert(mean.end(), attended.mean.begin(), attended.mean.end());
  max.insert(max.end(), attended.max.begin(), attended.max.end());
}

std::size_t RawBlock::bytes() const {
  return (steps.size() + pages.size() + mean.size() + max.size()) * sizeof(float);
}

PackedBlock pack(const RawBlock& raw, std::size_t groups) {
  PackedBlock out{.groups = groups, .steps = raw.steps.size(), .pages = union_of(raw.pages)};
  const std::size_t width = out.pages.size();
  out.page_in_step.assign(width, 0);
  out.mean.assign(groups * out.steps * width, 0.0F);
  out.max.assign(out.mean.size(), 0.0F);
  std::vector<std::size_t> column;  // of each page of the step
  auto page = raw.pages.begin();
  std::size_t from = 0;
  for (std::size_t step = 0; step < out.steps; ++step) {
    column.clear();
    for (std::size_t i = 0; i < raw.pages_of_step[step]; ++i, ++page) {
      const auto at = std::lower_bound(out.pages.begin(), out.pages.end(), *page);
      column.push_back(static_cast<std::size_t>(at - out.pages.begin()));
      out.page_in_step[column.back()] |= 1U << step;
    }
    for (std::size_t group = 0; group < groups; ++group) {
      const std::size_t row = (group * out.steps + step) * width;
      for (const std::size_t c : column) {
        out.mean[row + c] = raw.mean[from];
        out.max[row + c] = raw.max[from];
        ++from;
      }
    }
  }
  return out;
}

UnpackedStep unpack(const PackedBlock& block, std::size_t step) {
  UnpackedStep out;
  std::vector<std::size_t> column;
  for (std::size_t c = 0; c < block.pages.size(); ++c) {
    if ((block.page_in_step[c] >> step & 1U) == 0) continue;
    column.push_back(c);
    out.pages.push_back(block.pages[c]);
  }
  out.mean.reserve(block.groups * column.size());
  out.max.reserve(block.groups * column.size());
  for (std::size_t group = 0; group < block.groups; ++group) {
    const std::size_t row = (group * block.steps + step) * block.pages.size();
    for (const std::size_t c : column) {
      out.mean.push_back(block.mean[row + c]);
      out.max.push_back(block.max[row + c]);
    }
  }
  return out;
}

}  // namespace pagequest::traces
