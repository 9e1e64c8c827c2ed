// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/capture_store.h"

#include <cstddef>

namespace pagequest::runtime {
namespace {

template <class T>
void grow(std::vector<T>& values, std::int64_t count) {
  if (values.size() < static_cast<std::size_t>(count)) {
    values.resize(static_cast<std::size_t>(count));
  }
}

/// Offset within the store; null while the store is only measured.
template <class T>
T* take(T* base, std::int64_t& used, std::int64_t count) {
  T* place = base == nullptr ? nullptr : base + used;
  used += count;
  return place;
}

}  // namespace

CaptureStore::CaptureStore(const model::ModelConfig& model, const CaptureOptions& options)
    : model_(model), options_(options) {}

void CaptureStore::place(std::span<ForwardChunk> chunks) {
  Cursor measure;
  for (const ForwardChunk& chunk : chunks) {
    if (chunk.captures) (void)buffers_for(chunk, measure);
  }
  grow(floats_, measure.float_count);
  grow(sets_, measure.set_count);
  Cursor cursor{.floats = floats_.data(), .sets = sets_.data()};
  for (ForwardChunk& chunk : chunks) {
    if (chunk.captures) chunk.capture = buffers_for(chunk, cursor);
  }
}

float* CaptureStore::Cursor::take_floats(std::int64_t count) {
  return take(floats, float_count, count);
}

std::uint64_t* CaptureStore::Cursor::take_sets(std::int64_t count) {
  return take(sets, set_count, count);
}

CaptureBuffers CaptureStore::buffers_for(const ForwardChunk& chunk, Cursor& cursor) const {
  const std::int64_t kv_heads = std::int64_t{model_.layers} * model_.kv_heads;
  const std::int64_t query_heads = std::int64_t{model_.layers} * model_.query_heads;
  CaptureBuffers buffers;
  buffers.mean = cursor.take_floats(kv_heads * chunk.listed());
  buffers.max = cursor.take_floats(kv_heads * chunk.listed());
  if (model_.attention_sinks) buffers.sink_share = cursor.take_floats(kv_heads);
  if (options_.query_heads) {
    buffers.query_head_mass = cursor.take_floats(query_heads * chunk.listed());
  }
  if (!options_.thresholds.empty()) {
    buffers.thresholds = options_.thresholds;
    buffers.tokens_above =
        cursor.take_sets(std::ssize(options_.thresholds) * kv_heads * chunk.listed());
  }
  if (options_.query_cosine) {
    buffers.last_query = cursor.take_floats(query_heads * model_.head_dim);
  }
  return buffers;
}

}  // namespace pagequest::runtime
