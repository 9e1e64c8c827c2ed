// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/workspace.h"

#include <algorithm>
#include <cstddef>

#include "engine/ops/cpu/kernels.h"

namespace pagequest::runtime {
namespace {

Activations activations(std::int64_t width) {
  const std::int64_t panels = (width + ops::kPanelColumns - 1) / ops::kPanelColumns;
  return {.values = {}, .stride = panels * ops::kPanelColumns};
}

}  // namespace

void Activations::reserve(std::int64_t rows) {
  const std::size_t size = static_cast<std::size_t>(rows * stride);
  if (values.size() < size) values.resize(size);
}

Workspace::Workspace(const model::ModelConfig& config)
    : residual(activations(config.hidden_size)),
      normalised(activations(config.hidden_size)),
      query_key_value(
          activations(std::int64_t{config.query_heads + 2 * config.kv_heads} * config.head_dim)),
      attended(activations(std::int64_t{config.query_heads} * config.head_dim)),
      gate_up(activations(std::int64_t{2} * config.intermediate_size)),
      logits(activations(config.vocabulary)) {}

void Workspace::reserve(const Tile& tile, const model::ModelConfig& config,
                        const ops::KvLayout& layout) {
  for (Activations* buffer : {&residual, &normalised, &query_key_value, &attended, &gate_up}) {
    buffer->reserve(tile.rows);
  }
  logits.reserve(static_cast<std::int64_t>(tile.chunks.size()));
  std::int64_t pages = 0;
  for (const ForwardChunk* chunk : tile.chunks) pages = std::max(pages, chunk->page_count());
  const std::size_t floats = static_cast<std::size_t>(ops::attention_scratch_floats(
      pages, layout.token_stride(), config.query_heads / config.kv_heads, config.head_dim));
  if (scratch.size() < floats) scratch.resize(floats);
}

}  // namespace pagequest::runtime
