// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/decoder.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <span>

#include "engine/runtime/experts.h"
#include "engine/runtime/sampler.h"

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

/// -1 where a logit is not finite.
std::int32_t token_after(const ForwardChunk& chunk, std::span<const float> logits) {
  if (!std::ranges::all_of(logits, [](float logit) { return std::isfinite(logit); })) return -1;
  const auto position = static_cast<std::int32_t>(chunk.first_position + chunk.rows());
  return sample(logits, chunk.sampling, position);
}

}  // namespace

Decoder::Decoder(const model::Model& model, const RopeTables& rope, KvCache& cache)
    : config_(model.config()), weights_(model.weights()) {
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    attention_.emplace_back(config_, weights_.layers[static_cast<std::size_t>(layer)], layer, rope,
                            cache);
  }
}

void Decoder::run(const Tile& tile, const Team& team, Workspace& work,
                  const OperationWatch& watch) const {
  const Run run{tile, team, work, watch};
  embed(run);
  std::int64_t rows = tile.rows;
  for (std::int32_t layer = 0; layer < config_.layers; ++layer) {
    attention_block(run, layer);
    // Behind the last attention, only the rows that give logits matter.
    if (layer + 1 == config_.layers) rows = keep_wanted_rows(tile, work);
    feed_forward_block(run, rows, layer);
  }
  compute_logits(run, rows);
}

void Decoder::embed(const Run& run) const {
  run.watch.run(OperationKind::embed, -1, run.tile.rows, [&] {
    std::int64_t row = 0;
    for (const ForwardChunk* chunk : run.tile.chunks) {
      for_rows(run.team, chunk->rows(), [&](std::int64_t first, std::int64_t end, std::int64_t) {
        for (std::int64_t i = first; i < end; ++i) {
          weights_.embedding.get_output(chunk->tokens[static_cast<std::size_t>(i)],
                                        run.work.residual.row(row + i));
        }
      });
      row += chunk->rows();
    }
  });
}

void Decoder::project(const Run& run, OperationKind kind, std::int32_t layer,
                      const model::LinearWeights& weights, const ProductRows& rows) const {
  run.watch.run(kind, layer, rows.rows,
                [&] { multiply(run.team, weights.matrix, weights.bias, rows); });
}

void Decoder::attention_block(const Run& run, std::int32_t layer) const {
  const auto index = static_cast<std::size_t>(layer);
  const model::LayerWeights& weights = weights_.layers[index];
  const std::int64_t rows = run.tile.rows;
  normalise(run, rows, layer, weights.attention_norm);
  project(run, OperationKind::query_key_value, layer, weights.query_key_value,
          product_rows(run.work.normalised, rows, run.work.query_key_value, Write::replace));
  run.watch.run(OperationKind::store_kv, layer, rows,
                [&] { attention_[index].store_keys(run.team, run.tile, run.work); });
  run.watch.run(OperationKind::attention, layer, rows,
                [&] { attention_[index].attend(run.team, run.tile, run.work); });
}

std::int64_t Decoder::keep_wanted_rows(const Tile& tile, Workspace& work) {
  std::int64_t kept = 0;
  std::int64_t end = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    end += chunk->rows();
    if (!chunk->gives_logits()) continue;
    if (kept < end - 1) {
      std::copy_n(work.residual.row(end - 1), work.residual.stride, work.residual.row(kept));
      std::copy_n(work.attended.row(end - 1), work.attended.stride, work.attended.row(kept));
    }
    ++kept;
  }
  return kept;
}

void Decoder::feed_forward_block(const Run& run, std::int64_t rows, std::int32_t layer) const {
  if (rows == 0) return;
  const model::LayerWeights& weights = weights_.layers[static_cast<std::size_t>(layer)];
  project(run, OperationKind::attention_output, layer, weights.attention_output,
          product_rows(run.work.attended, rows, run.work.residual, Write::add));
  normalise(run, rows, layer, weights.feed_forward_norm);
  if (!config_.is_sparse(layer)) return dense_feed_forward(run, rows, layer);
  run.watch.run(OperationKind::route, layer, rows,
                [&] { route(run.team, config_, weights, rows, run.work); });
  run.watch.run(OperationKind::experts, layer, rows,
                [&] { sparse_feed_forward(run.team, config_, weights, rows, run.work); });
}

void Decoder::dense_feed_forward(const Run& run, std::int64_t rows, std::int32_t layer) const {
  const model::FeedForwardWeights& weights = weights_.layers[static_cast<std::size_t>(layer)].dense;
  Workspace& work = run.work;
  project(run, OperationKind::gate_up, layer, weights.gate_up,
          product_rows(work.normalised, rows, work.gate_up, Write::replace));
  run.watch.run(OperationKind::activation, layer, rows, [&] {
    activate(run.team, config_, work.gate_up, rows, config_.intermediate_size);
  });
  project(run, OperationKind::down, layer, weights.down,
          product_rows(work.gate_up, rows, work.residual, Write::add));
}

void Decoder::compute_logits(const Run& run, std::int64_t rows) const {
  if (rows == 0) return;
  normalise(run, rows, -1, weights_.final_norm);
  ProductRows products = product_rows(run.work.normalised, rows, run.work.logits, Write::replace);
  products.precise = true;  // few rows, and the last rounding before a token is chosen
  run.watch.run(OperationKind::logits, -1, rows, [&] {
    multiply(run.team, weights_.logits(), {}, products);
    give_logits(run);
  });
  run.watch.run(OperationKind::sample, -1, rows, [&] { sample_tokens(run); });
}

void Decoder::give_logits(const Run& run) const {
  std::int64_t row = 0;
  for (const ForwardChunk* chunk : run.tile.chunks) {
    if (!chunk->gives_logits()) continue;
    const float* logits = run.work.logits.row(row++);
    if (chunk->logits != nullptr) std::copy_n(logits, config_.vocabulary, chunk->logits);
  }
}

void Decoder::sample_tokens(const Run& run) const {
  std::vector<const ForwardChunk*> sampled;  // (row of logits)
  std::ranges::copy_if(run.tile.chunks, std::back_inserter(sampled), &ForwardChunk::gives_logits);
  run.team.pool.run(std::ssize(sampled), [&](std::int64_t row, std::int64_t /*worker*/) {
    const ForwardChunk& chunk = *sampled[static_cast<std::size_t>(row)];
    if (chunk.next_token == nullptr) return;
    const std::span<const float> logits(run.work.logits.row(row),
                                        static_cast<std::size_t>(config_.vocabulary));
    *chunk.next_token = token_after(chunk, logits);
  });
}

void Decoder::normalise(const Run& run, std::int64_t rows, std::int32_t layer,
                        const std::vector<float>& weight) const {
  Workspace& work = run.work;
  run.watch.run(OperationKind::norm, layer, rows, [&] {
    for_rows(run.team, rows, [&](std::int64_t first, std::int64_t end, std::int64_t /*worker*/) {
      run.team.kernels.rms_norm({.x = work.residual.row(first),
                                 .rows = end - first,
                                 .stride = work.residual.stride,
                                 .width = config_.hidden_size,
                                 .weight = weight.data(),
                                 .epsilon = config_.rms_norm_epsilon,
                                 .out = work.normalised.row(first)});
    });
  });
}

}  // namespace pagequest::runtime
