// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/decoder.h"

#include <algorithm>
#include <cstddef>

#include "engine/runtime/experts.h"

namespace pagequest::runtime {
namespace {

ProductRows product_rows(Activations& x, std::int64_t rows, Activations& y, Write write) {
  return {.x = x.row(0),
          .x_stride = x.stride,
          .rows = rows,
          .y = y.row(0),
          .y_stride = y.stride,
          .write = write};
}

}  // namespace

Decoder::Decoder(const model::Model& model, const ops::RopeTable& rope, KvCache& cache)
    : config_(model.config()), weights_(model.weights()) {
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    attention_.emplace_back(config_, weights_.layers[static_cast<std::size_t>(layer)], layer, rope,
                            cache);
  }
}

void Decoder::run(const Tile& tile, const Team& team, Workspace& work) const {
  embed(tile, team, work);
  std::int64_t rows = tile.rows;
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    attention_block(tile, layer, team, work);
    // Behind the last attention, only the rows that give logits matter.
    if (layer + 1 == config_.layers) rows = keep_wanted_rows(tile, work);
    feed_forward_block(rows, layer, team, work);
  }
  compute_logits(tile, rows, team, work);
}

void Decoder::embed(const Tile& tile, const Team& team, Workspace& work) const {
  std::int64_t row = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    for_rows(team, chunk->rows(), [&](std::int64_t first, std::int64_t end, std::int64_t /*w*/) {
      for (std::int64_t i = first; i < end; ++i) {
        weights_.embedding.get_output(chunk->tokens[static_cast<std::size_t>(i)],
                                      work.residual.row(row + i));
      }
    });
    row += chunk->rows();
  }
}

void Decoder::attention_block(const Tile& tile, std::int32_t layer, const Team& team,
                              Workspace& work) const {
  const auto index = static_cast<std::size_t>(layer);
  const model::LayerWeights& weights = weights_.layers[index];
  normalise(tile.rows, weights.attention_norm, team, work);
  multiply(team, weights.query_key_value.matrix, weights.query_key_value.bias,
           product_rows(work.normalised, tile.rows, work.query_key_value, Write::replace));
  attention_[index].store_keys(team, tile, work);
  attention_[index].attend(team, tile, work);
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

void Decoder::feed_forward_block(std::int64_t rows, std::int32_t layer, const Team& team,
                                 Workspace& work) const {
  if (rows == 0) return;
  const model::LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
  multiply(team, weights.attention_output.matrix, weights.attention_output.bias,
           product_rows(work.attended, rows, work.residual, Write::add));
  normalise(rows, weights.feed_forward_norm, team, work);
  if (config_.is_sparse(layer)) {
    return sparse_feed_forward(team, config_, weights, rows, work);
  }
  multiply(team, weights.dense.gate_up.matrix, weights.dense.gate_up.bias,
           product_rows(work.normalised, rows, work.gate_up, Write::replace));
  activate(team, config_, work.gate_up, rows, config_.intermediate_size);
  multiply(team, weights.dense.down.matrix, weights.dense.down.bias,
           product_rows(work.gate_up, rows, work.residual, Write::add));
}

void Decoder::compute_logits(const Tile& tile, std::int64_t rows, const Team& team,
                             Workspace& work) const {
  if (rows == 0) return;
  normalise(rows, weights_.final_norm, team, work);
  ProductRows products = product_rows(work.normalised, rows, work.logits, Write::replace);
  products.precise = true;  // few rows, and the last rounding before a token is chosen
  multiply(team, weights_.logits(), {}, products);
  std::int64_t row = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    if (chunk->logits == nullptr) continue;
    std::copy_n(work.logits.row(row++), config_.vocabulary, chunk->logits);
  }
}

void Decoder::normalise(std::int64_t rows, const std::vector<float>& weight, const Team& team,
                        Workspace& work) const {
  for_rows(team, rows, [&](std::int64_t first, std::int64_t end, std::int64_t /*worker*/) {
    team.kernels.rms_norm({.x = work.residual.row(first),
                           .rows = end - first,
                           .stride = work.residual.stride,
                           .width = config_.hidden_size,
                           .weight = weight.data(),
                           .epsilon = config_.rms_norm_epsilon,
                           .out = work.normalised.row(first)});
  });
}

}  // namespace pagequest::runtime
