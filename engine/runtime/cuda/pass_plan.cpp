// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/pass_plan.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

bool wants_output(const ForwardChunk& chunk) {
  return chunk.next_token != nullptr || chunk.logits != nullptr;
}

std::int32_t most_pages(const ForwardChunk& chunk) {
  std::size_t most = 0;
  for (const GroupPages& group : chunk.groups) most = std::max(most, group.pages.size());
  return static_cast<std::int32_t>(most);
}

void add_decode_chunks(std::span<const ForwardChunk> chunks, PassPlan& plan) {
  for (const ForwardChunk& chunk : chunks) {
    if (chunk.rows() == 1) plan.chunks.push_back(&chunk);
  }
  plan.decode_chunks = static_cast<std::int32_t>(plan.chunks.size());
  if (plan.chunks.size() == chunks.size()) {
    plan.decode_chunks = padded_chunks(plan.decode_chunks);
    plan.most_pages = padded_pages(plan.most_pages);
    plan.chunks.resize(static_cast<std::size_t>(plan.decode_chunks), nullptr);
  }
  plan.rows = plan.decode_chunks;
  for (const ForwardChunk* chunk : plan.chunks) {
    plan.outputs.push_back(chunk != nullptr && wants_output(*chunk) ? chunk : nullptr);
  }
}

void add_prefill_chunk(const ForwardChunk& chunk, PassPlan& plan) {
  const auto rows = static_cast<std::int32_t>(chunk.rows());
  plan.chunks.push_back(&chunk);
  plan.rows += rows;
  plan.most_prefill_rows = std::max(plan.most_prefill_rows, rows);
  if (!wants_output(chunk)) return;
  if (plan.rows - 1 != plan.kept_rows()) plan.moves.push_back({plan.rows - 1, plan.kept_rows()});
  plan.outputs.push_back(&chunk);
}

}  // namespace

Phase PassPlan::phase() const {
  if (decode_chunks == 0) return Phase::prefill;
  return decodes_only() ? Phase::decode : Phase::mixed;
}

PassPlan plan_pass(std::span<const ForwardChunk> chunks) {
  PassPlan plan;
  for (const ForwardChunk& chunk : chunks) {
    plan.most_pages = std::max(plan.most_pages, most_pages(chunk));
    plan.captures = plan.captures || chunk.captures;
    plan.logits = plan.logits || chunk.logits != nullptr;
  }
  add_decode_chunks(chunks, plan);
  for (const ForwardChunk& chunk : chunks) {
    if (chunk.rows() != 1) add_prefill_chunk(chunk, plan);
  }
  return plan;
}

std::int32_t padded_chunks(std::int32_t chunks) {
  constexpr std::int32_t kHalvesFrom = 16;
  const auto above = static_cast<std::int32_t>(std::bit_ceil(static_cast<std::uint32_t>(chunks)));
  const std::int32_t halfway = above / 4 * 3;
  return above > kHalvesFrom && chunks <= halfway ? halfway : above;
}

std::int32_t padded_pages(std::int32_t pages) {
  return static_cast<std::int32_t>(std::bit_ceil(static_cast<std::uint32_t>(pages)));
}

}  // namespace pagequest::runtime::PQ_CUDA_NS
