// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/capture_layout.h"

#include <utility>

namespace pagequest::runtime {

CaptureLayout::CaptureLayout(const model::ModelConfig& model, const CaptureOptions& options)
    : model_(model),
      options_(options),
      planes_(std::int64_t{model.layers} * model.kv_heads),
      query_heads_(std::int64_t{model.layers} * model.query_heads) {}

std::int64_t CaptureLayout::sets_of(const ForwardChunk& chunk) const {
  return chunk.captures ? std::ssize(options_.thresholds) * planes_ * chunk.listed() : 0;
}

std::int64_t CaptureLayout::floats_of(const ForwardChunk& chunk) const {
  if (!chunk.captures) return 0;
  const std::int64_t rows = 2 * planes_ + (options_.query_heads ? query_heads_ : 0);
  const std::int64_t queries = options_.query_cosine ? query_heads_ * model_.head_dim : 0;
  return rows * chunk.listed() + (model_.attention_sinks ? planes_ : 0) + queries;
}

std::int64_t CaptureLayout::bytes(std::span<const ForwardChunk> chunks) const {
  std::int64_t sets = 0;
  std::int64_t floats = 0;
  for (const ForwardChunk& chunk : chunks) {
    sets += sets_of(chunk);
    floats += floats_of(chunk);
  }
  return sets * std::int64_t{sizeof(std::uint64_t)} + floats * std::int64_t{sizeof(float)};
}

std::vector<CaptureBuffers> CaptureLayout::place(std::span<const ForwardChunk> chunks,
                                                 std::byte* memory) const {
  auto* sets = reinterpret_cast<std::uint64_t*>(memory);
  std::int64_t all_sets = 0;
  for (const ForwardChunk& chunk : chunks) all_sets += sets_of(chunk);
  auto* floats = reinterpret_cast<float*>(sets + all_sets);
  std::vector<CaptureBuffers> buffers;
  for (const ForwardChunk& chunk : chunks) {
    buffers.push_back(chunk.captures ? buffers_of(chunk, sets, floats) : CaptureBuffers{});
    sets += sets_of(chunk);
  }
  return buffers;
}

CaptureBuffers CaptureLayout::buffers_of(const ForwardChunk& chunk, std::uint64_t* sets,
                                         float*& floats) const {
  const auto take = [&floats](std::int64_t count) { return std::exchange(floats, floats + count); };
  CaptureBuffers buffers;
  buffers.mean = take(planes_ * chunk.listed());
  buffers.max = take(planes_ * chunk.listed());
  if (model_.attention_sinks) buffers.sink_share = take(planes_);
  if (options_.query_heads) buffers.query_head_mass = take(query_heads_ * chunk.listed());
  if (!options_.thresholds.empty()) {
    buffers.thresholds = options_.thresholds;
    buffers.tokens_above = sets;
  }
  if (options_.query_cosine) buffers.last_query = take(query_heads_ * model_.head_dim);
  return buffers;
}

}  // namespace pagequest::runtime
