// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/decoder.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pagequest::runtime {
namespace {

enum class Write { replace, add };

void multiply(const ops::Kernels& kernels, const ops::PackedMatrix& matrix, std::int64_t rows,
              Activations& x, Activations& y, Write write) {
  kernels.linear({.x = x.row(0),
                  .rows = rows,
                  .x_stride = x.stride,
                  .panels = matrix.panels(),
                  .inputs = matrix.inputs(),
                  .panel_count = matrix.panel_count(),
                  .y = y.row(0),
                  .y_stride = y.stride,
                  .accumulate = write == Write::add});
}

/// The page of `position` and the token's slot in it.
struct Place {
  PageId page;
  std::int64_t slot;
};

Place place_of(const ForwardChunk& chunk, std::int32_t position) {
  const auto after = std::upper_bound(
      chunk.pages.begin(), chunk.pages.end(), position,
      [](std::int32_t p, const ops::AttendedPage& page) { return p < page.first_position; });
  const ops::AttendedPage& page = *std::prev(after);
  return {PageId{page.physical}, position - page.first_position};
}

}  // namespace

Decoder::Decoder(const model::Model& model, const ops::Kernels& kernels, const ops::RopeTable& rope,
                 KvCache& cache)
    : config_(model.config()),
      weights_(model.weights()),
      kernels_(kernels),
      rope_(rope),
      cache_(cache) {}

void Decoder::run(const Tile& tile, Workspace& work) const {
  embed(tile, work);
  std::int64_t rows = tile.rows;
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    attention_block(tile, layer, work);
    // Behind the last attention, only the rows that give logits matter.
    if (layer + 1 == config_.layers) rows = keep_wanted_rows(tile, work);
    feed_forward_block(rows, layer, work);
  }
  compute_logits(tile, rows, work);
}

void Decoder::embed(const Tile& tile, Workspace& work) const {
  const std::int64_t width = config_.hidden_size;
  std::int64_t row = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    for (const std::int32_t token : chunk->tokens) {
      std::copy_n(weights_.embedding.data() + token * width, width, work.residual.row(row++));
    }
  }
}

void Decoder::attention_block(const Tile& tile, std::int32_t layer, Workspace& work) const {
  const model::LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
  normalise(work.residual.row(0), tile.rows, weights.attention_norm, work.normalised.row(0));
  multiply(kernels_, weights.query_key_value, tile.rows, work.normalised, work.query_key_value,
           Write::replace);
  std::int64_t row = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    rotate_and_store(*chunk, row, layer, work);
    attend(*chunk, row, layer, work);
    row += chunk->rows();
  }
}

std::int64_t Decoder::keep_wanted_rows(const Tile& tile, Workspace& work) const {
  std::int64_t kept = 0;
  std::int64_t end = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    end += chunk->rows();
    if (chunk->logits == nullptr) continue;
    if (kept < end - 1) {
      std::copy_n(work.residual.row(end - 1), work.residual.stride, work.residual.row(kept));
      std::copy_n(work.attended.row(end - 1), work.attended.stride, work.attended.row(kept));
    }
    ++kept;
  }
  return kept;
}

void Decoder::rotate_and_store(const ForwardChunk& chunk, std::int64_t first_row,
                               std::int32_t layer, Workspace& work) const {
  const std::int64_t head_dim = config_.head_dim;
  const std::int64_t rotated_heads = config_.query_heads + config_.kv_heads;
  for (std::int32_t i = 0; i < chunk.rows(); ++i) {
    const std::int32_t position = chunk.first_position + i;
    const Place place = place_of(chunk, position);
    float* row = work.query_key_value.row(first_row + i);
    kernels_.rope(row, rotated_heads, head_dim, rope_.cosines(position), rope_.sines(position));
    const float* keys = row + config_.query_heads * head_dim;
    const float* values = keys + config_.kv_heads * head_dim;
    for (std::int64_t head = 0; head < config_.kv_heads; ++head) {
      cache_.layout().store(cache_.block(layer, place.page, head), place.slot,
                            keys + head * head_dim, values + head * head_dim);
    }
  }
}

void Decoder::attend(const ForwardChunk& chunk, std::int64_t first_row, std::int32_t layer,
                     Workspace& work) const {
  const ops::KvLayout& layout = cache_.layout();
  const std::int64_t group = config_.query_heads / config_.kv_heads;
  const std::int64_t head_dim = config_.head_dim;
  for (std::int64_t head = 0; head < config_.kv_heads; ++head) {
    const std::int64_t masses = (std::int64_t{layer} * config_.kv_heads + head) * chunk.page_count();
    const bool capture = chunk.mean != nullptr;
    const ops::AttentionArgs args{
        .queries = work.query_key_value.row(first_row) + head * group * head_dim,
        .rows = chunk.rows(),
        .query_stride = work.query_key_value.stride,
        .group = group,
        .head_dim = head_dim,
        .first_position = chunk.first_position,
        .scale = 1.0F / std::sqrt(static_cast<float>(head_dim)),
        .kv = cache_.blocks(layer, head),
        .page_stride = layout.page_floats(),
        .page_size = layout.page_size,
        .token_stride = layout.token_stride(),
        .value_stride = layout.value_stride(),
        .pages = chunk.pages.data(),
        .page_count = chunk.page_count(),
        .out = work.attended.row(first_row) + head * group * head_dim,
        .out_stride = work.attended.stride,
        .mean = capture ? chunk.mean + masses : nullptr,
        .max = capture ? chunk.max + masses : nullptr,
        .capture_rows = chunk.capture_rows,
        .scratch = work.scratch.data()};
    (capture ? kernels_.attention_with_capture : kernels_.attention)(args);
  }
}

void Decoder::feed_forward_block(std::int64_t rows, std::int32_t layer, Workspace& work) const {
  const model::LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
  multiply(kernels_, weights.attention_output, rows, work.attended, work.residual, Write::add);
  normalise(work.residual.row(0), rows, weights.feed_forward_norm, work.normalised.row(0));
  multiply(kernels_, weights.gate_up, rows, work.normalised, work.gate_up, Write::replace);
  for (std::int64_t row = 0; row < rows; ++row) {
    float* gate_up = work.gate_up.row(row);
    kernels_.swiglu(gate_up, config_.intermediate_size, gate_up);
  }
  multiply(kernels_, weights.down, rows, work.gate_up, work.residual, Write::add);
}

void Decoder::compute_logits(const Tile& tile, std::int64_t rows, Workspace& work) const {
  normalise(work.residual.row(0), rows, weights_.final_norm, work.normalised.row(0));
  multiply(kernels_, weights_.logits, rows, work.normalised, work.logits, Write::replace);
  std::int64_t row = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    if (chunk->logits == nullptr) continue;
    std::copy_n(work.logits.row(row++), config_.vocabulary, chunk->logits);
  }
}

void Decoder::normalise(const float* x, std::int64_t rows, const std::vector<float>& weight,
                        float* out) const {
  const std::int64_t panels = (config_.hidden_size + ops::kPanelColumns - 1) / ops::kPanelColumns;
  kernels_.rms_norm({.x = x,
                     .rows = rows,
                     .stride = panels * ops::kPanelColumns,
                     .width = config_.hidden_size,
                     .weight = weight.data(),
                     .epsilon = config_.rms_norm_epsilon,
                     .out = out});
}

}  // namespace pagequest::runtime
