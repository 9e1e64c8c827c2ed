// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/cuda/device_captures.h"

#include <cstddef>
#include <iterator>
#include <utility>

namespace pagequest::runtime::PQ_CUDA_NS {
namespace {

/// Null while the memory is only measured.
template <class T>
T* take(std::byte* base, std::int64_t& used, std::int64_t count) {
  constexpr std::int64_t kAlignment = 16;
  const auto bytes = static_cast<std::int64_t>(sizeof(T)) * count;
  T* place = base == nullptr ? nullptr : reinterpret_cast<T*>(base + used);
  used += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  return place;
}

}  // namespace

DeviceCaptures::DeviceCaptures(const model::ModelConfig& model, CaptureOptions options)
    : model_(model), options_(std::move(options)) {}

void DeviceCaptures::place(std::int64_t pass, std::span<ForwardChunk> chunks) {
  Memory& memory = memory_of(pass);
  memory.downloaded.wait();
  memory.used = 0;
  for (const ForwardChunk& chunk : chunks) {
    if (chunk.captures) (void)buffers_for(chunk, nullptr, memory.used);
  }
  reserve(memory.host, memory.used);
  reserve(memory.device, memory.used);
  std::int64_t used = 0;
  for (ForwardChunk& chunk : chunks) {
    if (chunk.captures) chunk.capture = buffers_for(chunk, memory.host.data(), used);
  }
}

CaptureBuffers DeviceCaptures::buffers_for(const ForwardChunk& chunk, std::byte* base,
                                           std::int64_t& used) const {
  const std::int64_t kv_heads = std::int64_t{model_.layers} * model_.kv_heads;
  const std::int64_t query_heads = std::int64_t{model_.layers} * model_.query_heads;
  CaptureBuffers buffers;
  buffers.mean = take<float>(base, used, kv_heads * chunk.listed());
  buffers.max = take<float>(base, used, kv_heads * chunk.listed());
  if (model_.attention_sinks) buffers.sink_share = take<float>(base, used, kv_heads);
  if (options_.query_heads) {
    buffers.query_head_mass = take<float>(base, used, query_heads * chunk.listed());
  }
  if (!options_.thresholds.empty()) {
    buffers.thresholds = options_.thresholds;
    buffers.tokens_above = take<std::uint64_t>(
        base, used, std::ssize(options_.thresholds) * kv_heads * chunk.listed());
  }
  if (options_.query_cosine) {
    buffers.last_query = take<float>(base, used, query_heads * model_.head_dim);
  }
  return buffers;
}

gpu::CaptureView DeviceCaptures::view_of(std::int64_t pass, const ForwardChunk& chunk) const {
  const Memory& memory = memory_of(pass);
  const auto on_device = [&]<class T>(T* host) -> T* {
    if (host == nullptr) return nullptr;
    const auto offset = reinterpret_cast<const std::byte*>(host) - memory.host.data();
    return reinterpret_cast<T*>(memory.device.data() + offset);
  };
  const CaptureBuffers& host = chunk.capture;
  return {.mean = on_device(host.mean),
          .max = on_device(host.max),
          .sink_share = on_device(host.sink_share),
          .query_head_mass = on_device(host.query_head_mass),
          .tokens_above = on_device(host.tokens_above),
          .last_query = on_device(host.last_query)};
}

void DeviceCaptures::follow(const gpu::Stream& kernels) {
  computed_.record(kernels);
  stream_.wait(computed_);
}

void DeviceCaptures::download(std::int64_t pass) {
  Memory& memory = memory_of(pass);
  if (memory.used == 0) return;
  stream_.to_host(memory.host.data(), memory.device.data(), memory.used);
  memory.downloaded.record(stream_);
}

void DeviceCaptures::finish(std::int64_t pass) const { memory_of(pass).downloaded.wait(); }

}  // namespace pagequest::runtime::PQ_CUDA_NS
