// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/attention_block.h"

#include <algorithm>

#include "base/check.h"
#include "traces/schema/v2.h"

namespace pagequest::traces {
namespace {

std::vector<std::int32_t> union_of(std::vector<std::int32_t> pages) {
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
  return pages;
}

template <class T>
void append(std::vector<T>& to, std::span<const T> values) {
  to.insert(to.end(), values.begin(), values.end());
}

/// Column on the block's page axis of each page that each step lists; marks them in page_in_step.
std::vector<std::size_t> place_pages(const RawBlock& raw, PackedBlock& out) {
  std::vector<std::size_t> columns;
  columns.reserve(raw.pages.size());
  auto page = raw.pages.begin();
  for (std::size_t step = 0; step < raw.steps.size(); ++step) {
    for (std::size_t i = 0; i < raw.pages_of_step[step]; ++i, ++page) {
      const auto at = std::lower_bound(out.pages.begin(), out.pages.end(), *page);
      columns.push_back(static_cast<std::size_t>(at - out.pages.begin()));
      out.page_in_step[columns.back()] |= 1U << step;
    }
  }
  return columns;
}

/// (step, row, listed page) values to (row, step, page).
template <class T>
std::vector<T> scattered(const std::vector<T>& values, std::size_t rows, const RawBlock& raw,
                         const std::vector<std::size_t>& columns, std::size_t width) {
  const std::size_t steps = raw.steps.size();
  std::vector<T> out(rows * steps * width);
  auto from = values.begin();
  auto first = columns.begin();
  for (std::size_t step = 0; step < steps; ++step) {
    const auto last = first + static_cast<std::ptrdiff_t>(raw.pages_of_step[step]);
    for (std::size_t row = 0; row < rows; ++row) {
      T* const to = out.data() + (row * steps + step) * width;
      for (auto column = first; column != last; ++column) to[*column] = *from++;
    }
    first = last;
  }
  return out;
}

/// The values of one step at the given columns, (row, listed page).
template <class T>
std::vector<T> gathered(const std::vector<T>& values, std::size_t rows, const PackedBlock& block,
                        std::size_t step, const std::vector<std::size_t>& columns) {
  std::vector<T> out;
  out.reserve(rows * columns.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const T* const from = values.data() + (row * block.steps + step) * block.pages.size();
    for (const std::size_t column : columns) out.push_back(from[column]);
  }
  return out;
}

}  // namespace

BlockShape block_shape(const Header& header) {
  const auto layers = static_cast<std::size_t>(header.layers);
  const std::size_t groups = layers * static_cast<std::size_t>(header.kv_heads);
  const std::size_t query_heads = layers * static_cast<std::size_t>(header.query_heads);
  return {.groups = groups,
          .query_heads = header.captures.query_heads ? query_heads : 0,
          .thresholds = header.captures.thresholds.size() * groups};
}

void RawBlock::add(const PagesAttended& attended) {
  PQ_CHECK(steps.size() < schema::v2::kBlockSteps, "a full block takes no more steps");
  thread = attended.thread;
  steps.push_back(attended.step);
  pages_of_step.push_back(attended.pages.size());
  append(pages, attended.pages);
  append(mean, attended.mean);
  append(max, attended.max);
  append(query_head_mass, attended.query_head_mass);
  append(tokens_above, attended.tokens_above);
}

std::size_t RawBlock::bytes() const {
  return (steps.size() + pages.size() + mean.size() + max.size() + query_head_mass.size()) *
             sizeof(float) +
         tokens_above.size() * sizeof(std::uint64_t);
}

std::size_t PackedBlock::value_bytes() const {
  return (mean.size() + max.size() + query_head_mass.size()) * sizeof(float) +
         tokens_above.size() * sizeof(std::uint64_t);
}

PackedBlock pack(const RawBlock& raw, const BlockShape& shape) {
  PackedBlock out{.shape = shape, .steps = raw.steps.size(), .pages = union_of(raw.pages)};
  const std::size_t width = out.pages.size();
  out.page_in_step.assign(width, 0);
  const std::vector<std::size_t> columns = place_pages(raw, out);
  out.mean = scattered(raw.mean, shape.groups, raw, columns, width);
  out.max = scattered(raw.max, shape.groups, raw, columns, width);
  out.query_head_mass = scattered(raw.query_head_mass, shape.query_heads, raw, columns, width);
  out.tokens_above = scattered(raw.tokens_above, shape.thresholds, raw, columns, width);
  return out;
}

UnpackedStep unpack(const PackedBlock& block, std::size_t step) {
  UnpackedStep out;
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < block.pages.size(); ++c) {
    if ((block.page_in_step[c] >> step & 1U) == 0) continue;
    columns.push_back(c);
    out.pages.push_back(block.pages[c]);
  }
  const BlockShape& shape = block.shape;
  out.mean = gathered(block.mean, shape.groups, block, step, columns);
  out.max = gathered(block.max, shape.groups, block, step, columns);
  out.query_head_mass = gathered(block.query_head_mass, shape.query_heads, block, step, columns);
  out.tokens_above = gathered(block.tokens_above, shape.thresholds, block, step, columns);
  return out;
}

}  // namespace pagequest::traces
