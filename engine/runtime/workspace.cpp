// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/workspace.h"

#include <algorithm>
#include <cstddef>

#include "engine/ops/cpu/kernels.h"

namespace pagequest::runtime {
namespace {

template <class T>
void grow(std::vector<T>& buffer, std::int64_t size) {
  if (buffer.size() < static_cast<std::size_t>(size)) buffer.resize(static_cast<std::size_t>(size));
}

std::int64_t most_pages(const Tile& tile) {
  std::int64_t pages = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    for (const GroupPages& group : chunk->groups) {
      pages = std::max(pages, static_cast<std::int64_t>(group.pages.size()));
    }
  }
  return pages;
}

std::int64_t most_thresholds(const Tile& tile) {
  std::int64_t count = 0;
  for (const ForwardChunk* chunk : tile.chunks) {
    count = std::max(count, static_cast<std::int64_t>(chunk->capture.thresholds.size()));
  }
  return count;
}

/// The widest input of any matrix.
std::int64_t most_inputs(const model::ModelConfig& config) {
  return std::max(
      {std::int64_t{config.hidden_size}, std::int64_t{config.query_heads} * config.head_dim,
       std::int64_t{config.intermediate_size}, std::int64_t{config.moe.intermediate_size}});
}

void reserve_experts(ExpertRows& experts, std::int64_t rows, const model::ModelConfig& config) {
  const std::int64_t slots = rows * config.moe.experts_per_token;
  experts.router.reserve(rows);
  for (Activations* buffer : {&experts.input, &experts.gate_up, &experts.output}) {
    buffer->reserve(slots);
  }
  grow(experts.chosen, slots);
  grow(experts.weights, slots);
  grow(experts.source, slots);
  grow(experts.place, slots);
  grow(experts.first, config.moe.experts + 1);
}

}  // namespace

Activations::Activations(std::int64_t width)
    : stride((width + ops::kPanelColumns - 1) / ops::kPanelColumns * ops::kPanelColumns) {}

void Activations::reserve(std::int64_t rows) { grow(values, rows * stride); }

Workspace::Workspace(const model::ModelConfig& config, int threads)
    : residual(config.hidden_size),
      normalised(config.hidden_size),
      query_key_value(std::int64_t{config.query_heads + 2 * config.kv_heads} * config.head_dim),
      attended(std::int64_t{config.query_heads} * config.head_dim),
      gate_up(std::int64_t{2} * config.intermediate_size),
      logits(config.vocabulary),
      scratch(static_cast<std::size_t>(threads)) {
  experts.router = Activations(config.moe.experts);
  experts.input = Activations(config.hidden_size);
  experts.gate_up = Activations(std::int64_t{2} * config.moe.intermediate_size);
  experts.output = Activations(config.hidden_size);
}

void Workspace::reserve(const Tile& tile, const model::ModelConfig& config,
                        const ops::KvLayout& layout) {
  for (Activations* buffer : {&residual, &normalised, &query_key_value, &attended, &gate_up}) {
    buffer->reserve(tile.rows);
  }
  logits.reserve(static_cast<std::int64_t>(tile.chunks.size()));
  if (config.moe.experts > 0) reserve_experts(experts, tile.rows, config);
  const std::int64_t pages = most_pages(tile);
  const std::int64_t group = config.query_heads / config.kv_heads;
  for (Scratch& own : scratch) {
    grow(own.attention, ops::attention_scratch_floats(pages, layout, group));
    grow(own.linear, ops::linear_scratch_floats(most_inputs(config)));
    grow(own.capture, (2 + group) * pages);
    grow(own.tokens, most_thresholds(tile) * pages);
    grow(own.key, config.head_dim);
  }
}

}  // namespace pagequest::runtime
