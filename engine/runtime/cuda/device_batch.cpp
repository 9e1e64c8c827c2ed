// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_batch.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "engine/runtime/cuda/upload.h"

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

std::int64_t pages_of(const PassPlan& plan) {
  std::int64_t pages = 0;
  for (const ForwardChunk* chunk : plan.chunks) {
    if (chunk == nullptr) continue;
    for (const GroupPages& group : chunk->groups) pages += std::ssize(group.pages);
  }
  return pages;
}

gpu::SamplingView sampling_of(const ForwardChunk* chunk) {
  if (chunk == nullptr) return {.temperature = 0.0F, .top_p = 1.0F, .seed = 0, .position = 0};
  return {.temperature = chunk->sampling.temperature,
          .top_p = chunk->sampling.top_p,
          .seed = chunk->sampling.seed,
          .position = chunk->first_position + static_cast<std::int32_t>(chunk->rows())};
}

}  // namespace

gpu::BatchView shape_of(const PassPlan& plan) {
  gpu::BatchView shape;
  shape.decode_chunks = plan.decode_chunks;
  shape.prefill_chunks = plan.prefill_chunks();
  shape.rows = plan.rows;
  shape.most_prefill_rows = plan.most_prefill_rows;
  shape.most_pages = plan.most_pages;
  return shape;
}

DeviceBatch::DeviceBatch(std::int32_t groups, std::span<const float> thresholds,
                         const gpu::Stream& stream)
    : groups_(groups),
      threshold_count_(static_cast<std::int32_t>(thresholds.size())),
      thresholds_(runtime::PQ_CUDA_NS::upload(thresholds, stream)) {}

DeviceBatch::Sections DeviceBatch::sections_of(const PassPlan& plan,
                                               const PageTransfers& transfers) const {
  std::int64_t used = 0;
  const auto take = [&](std::int64_t count, std::size_t element) {
    const std::int64_t begin = used;
    used += aligned(count * static_cast<std::int64_t>(element));
    return begin;
  };
  const std::int64_t chunks = std::ssize(plan.chunks);
  const std::int64_t pages = pages_of(plan);
  Sections sections;
  sections.chunks = take(chunks, sizeof(gpu::ChunkView));
  sections.ranges = take(chunks * groups_, sizeof(gpu::PageRange));
  sections.tokens = take(plan.rows, sizeof(std::int32_t));
  sections.row_chunks = take(plan.rows, sizeof(std::int32_t));
  sections.sampling = take(plan.kept_rows(), sizeof(gpu::SamplingView));
  sections.pages = take(pages, sizeof(ops::AttendedPage));
  sections.moves = take(std::ssize(transfers.moves), sizeof(gpu::RowMove));
  sections.copies = take(2 * std::ssize(transfers.copies), sizeof(std::int32_t));
  sections.columns = take(pages, sizeof(std::int32_t));
  sections.end = used;
  return sections;
}

std::int64_t DeviceBatch::bytes(const PassPlan& plan, const PageTransfers& transfers) const {
  const Sections sections = sections_of(plan, transfers);
  return plan.captures ? sections.end : sections.columns;
}

bool DeviceBatch::upload(const PassPlan& plan, const PageTransfers& transfers, std::int64_t pass,
                         const DeviceCaptures& captures, const gpu::Stream& stream) {
  const Sections sections = sections_of(plan, transfers);
  const std::int64_t column_bytes = sections.end - sections.columns;
  uploaded_.wait();
  reserve(staging_, sections.end);
  const bool moved = reserve(description_, sections.columns);
  const bool columns_moved = reserve(columns_, column_bytes);

  stage_chunks(plan, sections, pass, captures);
  stage_pages(plan, sections);
  stage_outputs(plan, sections);
  stage_transfers(transfers, sections);
  stream.to_device(description_.data(), staging_.data(), sections.columns);
  if (plan.captures) {
    stream.to_device(columns_.data(), staging_.data() + sections.columns, column_bytes);
  }
  uploaded_.record(stream);
  set_view(plan, sections);
  return moved || columns_moved;
}

void DeviceBatch::stage_chunks(const PassPlan& plan, const Sections& sections, std::int64_t pass,
                               const DeviceCaptures& captures) const {
  auto* views = staged<gpu::ChunkView>(sections.chunks);
  auto* tokens = staged<std::int32_t>(sections.tokens);
  auto* row_chunks = staged<std::int32_t>(sections.row_chunks);
  std::int32_t row = 0;
  for (std::size_t i = 0; i < plan.chunks.size(); ++i) {
    gpu::ChunkView& view = views[i];
    view = {.first_row = row};
    const ForwardChunk* chunk = plan.chunks[i];
    std::int32_t rows = 1;  // of padding
    if (chunk == nullptr) {
      tokens[row] = 0;
    } else {
      rows = static_cast<std::int32_t>(chunk->rows());
      view.rows = rows;
      view.first_position = chunk->first_position;
      view.listed = static_cast<std::int32_t>(chunk->listed());
      if (chunk->captures) {
        view.capture_rows = std::min(chunk->capture_rows, rows);
        view.capture = captures.view_of(pass, *chunk);
      }
      std::copy(chunk->tokens.begin(), chunk->tokens.end(), tokens + row);
    }
    std::fill_n(row_chunks + row, rows, static_cast<std::int32_t>(i));
    row += rows;
  }
}

void DeviceBatch::stage_pages(const PassPlan& plan, const Sections& sections) const {
  auto* range = staged<gpu::PageRange>(sections.ranges);
  auto* pages = staged<ops::AttendedPage>(sections.pages);
  auto* columns = staged<std::int32_t>(sections.columns);
  std::int32_t first = 0;
  for (const ForwardChunk* chunk : plan.chunks) {
    for (std::int32_t group = 0; group < groups_; ++group, ++range) {
      *range = {.first = first, .count = 0};
      if (chunk == nullptr) continue;
      const GroupPages& from = chunk->groups[static_cast<std::size_t>(group)];
      std::copy(from.pages.begin(), from.pages.end(), pages + first);
      std::copy(from.columns.begin(), from.columns.end(), columns + first);
      range->count = static_cast<std::int32_t>(from.pages.size());
      first += range->count;
    }
  }
}

void DeviceBatch::stage_outputs(const PassPlan& plan, const Sections& sections) const {
  auto* sampling = staged<gpu::SamplingView>(sections.sampling);
  for (const ForwardChunk* chunk : plan.outputs) *sampling++ = sampling_of(chunk);
}

void DeviceBatch::stage_transfers(const PageTransfers& transfers, const Sections& sections) const {
  auto* moves = staged<gpu::RowMove>(sections.moves);
  for (const kv::RowMove& move : transfers.moves) {
    *moves++ = {move.from.value, move.to.value, move.from_rows, move.to_rows};
  }
  auto* pairs = staged<std::int32_t>(sections.copies);
  for (const kv::PageCopy& copy : transfers.copies) {
    *pairs++ = copy.from.value;
    *pairs++ = copy.to.value;
  }
}

void DeviceBatch::set_view(const PassPlan& plan, const Sections& sections) {
  const auto at = [&]<class T>(std::int64_t section, const T* /*as*/) {
    return reinterpret_cast<const T*>(description_.data() + section);
  };
  view_ = shape_of(plan);
  view_.chunks = at(sections.chunks, view_.chunks);
  view_.tokens = at(sections.tokens, view_.tokens);
  view_.row_chunks = at(sections.row_chunks, view_.row_chunks);
  view_.ranges = at(sections.ranges, view_.ranges);
  view_.pages = at(sections.pages, view_.pages);
  view_.columns = columns_.as<std::int32_t>();
  view_.thresholds = thresholds_.as<float>();
  view_.threshold_count = threshold_count_;
  sampling_ = at(sections.sampling, sampling_);
  moves_ = at(sections.moves, moves_);
  copies_ = at(sections.copies, copies_);
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
