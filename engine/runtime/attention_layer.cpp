// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/attention_layer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>
#include <vector>

namespace pagequest::runtime {
namespace {

/// The page of `position` and the token's slot in it.
struct Place {
  PageId page;
  std::int64_t slot;
};

Place place_of(const GroupPages& group, std::int32_t position) {
  const auto after = std::upper_bound(
      group.pages.begin(), group.pages.end(), position,
      [](std::int32_t p, const ops::AttendedPage& page) { return p < page.first_position; });
  const ops::AttendedPage& page = *std::prev(after);
  return {PageId{page.physical}, position - page.first_position};
}

/// Copies a row over a group's pages to a row over the listed pages; the others get zero.
template <class T>
void scatter(const T* from, std::span<const std::int32_t> columns, std::int64_t listed, T* to) {
  std::fill_n(to, listed, T{});
  for (std::size_t i = 0; i < columns.size(); ++i) to[columns[i]] = from[i];
}

}  // namespace

const GroupPages& AttentionLayer::pages_of(const ForwardChunk& chunk, std::int32_t kv_head) const {
  return chunk.groups[static_cast<std::size_t>(cache_.groups().group_of(layer_, kv_head))];
}

void AttentionLayer::store_row(const Team& team, const ForwardChunk& chunk, std::int64_t index,
                               float* row) const {
  const std::int64_t head_dim = config_.head_dim;
  const std::int32_t position = chunk.first_position + static_cast<std::int32_t>(index);
  float* keys = row + config_.query_heads * head_dim;
  const float* values = keys + config_.kv_heads * head_dim;
  if (config_.query_key_norm) {
    const auto normalise = [&](float* x, std::int64_t heads, const std::vector<float>& weight) {
      team.kernels.rms_norm({.x = x,
                             .rows = heads,
                             .stride = head_dim,
                             .width = head_dim,
                             .weight = weight.data(),
                             .epsilon = config_.rms_norm_epsilon,
                             .out = x});
    };
    normalise(row, config_.query_heads, weights_.query_norm);
    normalise(keys, config_.kv_heads, weights_.key_norm);
  }
  team.kernels.rope(row, config_.query_heads + config_.kv_heads, head_dim,
                    rope_.positions.cosines(position), rope_.positions.sines(position));
  for (std::int32_t head = 0; head < config_.kv_heads; ++head) {
    const Place place = place_of(pages_of(chunk, head), position);
    cache_.layout().store(cache_.block(layer_, place.page, head), place.slot,
                          keys + head * head_dim, values + head * head_dim);
  }
  if (chunk.capture.last_query != nullptr && index + 1 == chunk.rows()) {
    const std::int64_t width = config_.query_heads * head_dim;
    std::copy_n(row, width, chunk.capture.last_query + layer_ * width);
  }
}

void AttentionLayer::store_keys(const Team& team, const Tile& tile, Workspace& work) const {
  std::int64_t tile_row = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    for_rows(team, chunk->rows(), [&](std::int64_t first, std::int64_t end, std::int64_t /*w*/) {
      for (std::int64_t i = first; i < end; ++i) {
        store_row(team, *chunk, i, work.query_key_value.row(tile_row + i));
      }
    });
    if (cache_.bounds() != nullptr) bound_pages(team, *chunk);
    tile_row += chunk->rows();
  }
}

void AttentionLayer::bound_pages(const Team& team, const ForwardChunk& chunk) const {
  team.pool.run(config_.kv_heads, [&](std::int64_t head, std::int64_t worker) {
    bound_head(chunk, static_cast<std::int32_t>(head),
               team.scratch[static_cast<std::size_t>(worker)].key);
  });
}

void AttentionLayer::bound_head(const ForwardChunk& chunk, std::int32_t kv_head,
                                std::span<float> key) const {
  const GroupPages& group = pages_of(chunk, kv_head);
  const std::int32_t plane = cache_.groups().plane_of(layer_, kv_head);
  const std::int64_t page_size = cache_.layout().page_size;
  for (auto page = group.pages.rbegin(); page != group.pages.rend(); ++page) {
    if (page->first_position + page_size <= chunk.first_position) break;
    // Rows below are of earlier chunks: the page's box has them, and no others that matter.
    const std::int64_t below = std::max(0, chunk.first_position - page->first_position);
    const std::uint64_t earlier = page->live & ((std::uint64_t{1} << below) - 1);
    const PageId physical{page->physical};
    cache_.bounds()
        ->at(plane, physical)
        .take_rows(cache_.layout(), cache_.block(layer_, physical, kv_head), page->live & ~earlier,
                   earlier == 0, key);
  }
}

void AttentionLayer::attend(const Team& team, const Tile& tile, Workspace& work) const {
  constexpr std::int64_t kRows = 64;  // of a long chunk, taken at a time
  std::vector<Part> parts;
  std::int64_t tile_row = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    // The captured rows, the last ones, stay together.
    const std::int64_t before = std::max<std::int64_t>(0, chunk->rows() - chunk->capture_rows);
    const std::int64_t cuts = team.pool.threads() == 1 ? 0 : before / kRows;
    for (std::int64_t i = cuts; i >= 0; --i) {
      const std::int64_t first = i * kRows;
      const std::int64_t rows = i == cuts ? chunk->rows() - first : kRows;
      for (std::int32_t head = 0; head < config_.kv_heads; ++head) {
        parts.push_back({chunk, tile_row, first, rows, head, chunk->captures && i == cuts});
      }
    }
    tile_row += chunk->rows();
  }
  team.pool.run(std::ssize(parts), [&](std::int64_t index, std::int64_t worker) {
    attend_part(team, parts[static_cast<std::size_t>(index)], work,
                work.scratch[static_cast<std::size_t>(worker)]);
  });
}

void AttentionLayer::attend_part(const Team& team, const Part& part, Workspace& work,
                                 Scratch& scratch) const {
  const ForwardChunk& chunk = *part.chunk;
  const std::int64_t group = config_.query_heads / config_.kv_heads;
  const std::int64_t offset = part.kv_head * group * config_.head_dim;
  const std::int64_t row = part.tile_row + part.first_row;
  const float* queries = work.query_key_value.row(row) + offset;
  const PageList list = pages_read(team, part, queries, scratch);
  // A thread that selects pages has lost none, so the runs are those of a whole list.
  const std::vector<ops::TurnedPages>& turns = pages_of(chunk, part.kv_head).turns;
  ops::AttentionArgs args{
      .queries = queries,
      .rows = part.rows,
      .query_stride = work.query_key_value.stride,
      .group = group,
      .first_position = chunk.first_position + static_cast<std::int32_t>(part.first_row),
      .window = config_.window(layer_),
      .scale = 1.0F / std::sqrt(static_cast<float>(config_.head_dim)),
      .sinks = config_.attention_sinks ? weights_.sinks.data() + part.kv_head * group : nullptr,
      .shape = cache_.layout().shape(),
      .kv = cache_.blocks(layer_, part.kv_head),
      .page_stride = cache_.page_stride_bytes(),
      .pages = list.pages.data(),
      .page_count = std::ssize(list.pages),
      .out = work.attended.row(row) + offset,
      .out_stride = work.attended.stride,
      .capture = {},
      .scratch = scratch.attention.data(),
      .turns = {.runs = turns.data(),
                .count = std::ssize(turns),
                .cosines = rope_.turns.cosines(0),
                .sines = rope_.turns.sines(0)}};
  if (!part.captures) return team.kernels.attention(args);
  args.capture = capture_of(part, args.page_count, scratch);
  team.kernels.attention_with_capture(args);
  scatter_capture(part, list.columns, args.capture);
}

PageList AttentionLayer::pages_read(const Team& team, const Part& part, const float* queries,
                                    Scratch& scratch) const {
  const ForwardChunk& chunk = *part.chunk;
  ops::PageBoundArgs bounds{.queries = queries,
                            .group = config_.query_heads / config_.kv_heads,
                            .head_dim = config_.head_dim};
  if (PageBounds* kept = cache_.bounds()) {
    bounds.boxes = kept->boxes(cache_.groups().plane_of(layer_, part.kv_head));
    bounds.page_stride = kept->page_stride();
  }
  const PageList list = scratch.reads.of(chunk, pages_of(chunk, part.kv_head),
                                         {layer_, part.kv_head}, team.kernels, bounds);
  if (chunk.tokens_read != nullptr) {
    chunk.tokens_read[layer_ * config_.kv_heads + part.kv_head] = list.tokens();
  }
  return list;
}

ops::AttentionCapture AttentionLayer::capture_of(const Part& part, std::int64_t pages,
                                                 Scratch& scratch) const {
  const CaptureBuffers& to = part.chunk->capture;
  const std::int64_t plane = std::int64_t{layer_} * config_.kv_heads + part.kv_head;
  ops::AttentionCapture capture;
  capture.rows = std::min<std::int64_t>(part.chunk->capture_rows, part.rows);
  capture.mean = scratch.capture.data();
  capture.max = capture.mean + pages;
  if (to.query_head_mass != nullptr) capture.head_mass = capture.max + pages;
  capture.head_stride = pages;
  if (to.sink_share != nullptr) capture.sink_share = to.sink_share + plane;
  if (to.tokens_above != nullptr) {
    capture.thresholds = to.thresholds.data();
    capture.threshold_count = std::ssize(to.thresholds);
    capture.tokens_above = scratch.tokens.data();
    capture.above_stride = pages;
  }
  return capture;
}

void AttentionLayer::scatter_capture(const Part& part, std::span<const std::int32_t> columns,
                                     const ops::AttentionCapture& from) const {
  const CaptureBuffers& to = part.chunk->capture;
  const std::int64_t listed = part.chunk->listed();
  const std::int64_t planes = std::int64_t{config_.layers} * config_.kv_heads;
  const std::int64_t plane = std::int64_t{layer_} * config_.kv_heads + part.kv_head;
  const std::int64_t group = config_.query_heads / config_.kv_heads;
  scatter(from.mean, columns, listed, to.mean + plane * listed);
  scatter(from.max, columns, listed, to.max + plane * listed);
  for (std::int64_t head = 0; from.head_mass != nullptr && head < group; ++head) {
    scatter(from.head_mass + head * from.head_stride, columns, listed,
            to.query_head_mass + (plane * group + head) * listed);
  }
  for (std::int64_t i = 0; i < from.threshold_count; ++i) {
    scatter(from.tokens_above + i * from.above_stride, columns, listed,
            to.tokens_above + (i * planes + plane) * listed);
  }
}

}  // namespace pagequest::runtime
