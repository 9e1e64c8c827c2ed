// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/rng.h"
#include "engine/ops/cpu/bf16.h"
#include "engine/ops/cuda/device.h"

/// What tests of the device share: host vectors to device memory and back, and random inputs.
namespace pagequest::gpu_test {

namespace gpu = ops::PQ_CUDA_NS;

template <class T>
std::int64_t bytes_of(const std::vector<T>& values) {
  return static_cast<std::int64_t>(values.size() * sizeof(T));
}

/// A copy on the device, ready when this returns.
template <class T>
gpu::DeviceBuffer upload(const std::vector<T>& values) {
  gpu::DeviceBuffer buffer(bytes_of(values));
  if (values.empty()) return buffer;
  const gpu::PinnedBuffer pinned(bytes_of(values));
  std::memcpy(pinned.data(), values.data(), values.size() * sizeof(T));
  const gpu::Stream stream;
  stream.to_device(buffer.data(), pinned.data(), buffer.bytes());
  stream.synchronise();
  return buffer;
}

/// `count` elements that begin `first` elements into the buffer. Waits for `stream`, whose work
/// wrote them.
template <class T>
std::vector<T> download(const gpu::DeviceBuffer& buffer, std::size_t count,
                        const gpu::Stream& stream, std::size_t first = 0) {
  std::vector<T> values(count);
  if (count == 0) return values;
  const gpu::PinnedBuffer pinned(bytes_of(values));
  stream.to_host(pinned.data(), buffer.as<T>() + first, pinned.bytes());
  stream.synchronise();
  std::memcpy(values.data(), pinned.data(), count * sizeof(T));
  return values;
}

/// Fills with bytes of 0xff: NaN as f32 and bf16, -1 as an integer.
inline void poison(const gpu::DeviceBuffer& buffer) {
  if (buffer.bytes() == 0) return;
  const gpu::PinnedBuffer pinned(buffer.bytes());
  std::memset(pinned.data(), 0xff, static_cast<std::size_t>(buffer.bytes()));
  const gpu::Stream stream;
  stream.to_device(buffer.data(), pinned.data(), buffer.bytes());
  stream.synchronise();
}

/// Poisoned memory for `count` elements.
template <class T>
gpu::DeviceBuffer output(std::size_t count) {
  gpu::DeviceBuffer buffer(static_cast<std::int64_t>(count * sizeof(T)));
  poison(buffer);
  return buffer;
}

/// Uniform in [low, high).
inline std::vector<float> random_floats(Rng& rng, std::size_t count, double low = -1,
                                        double high = 1) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(low + (high - low) * rng.uniform());
  return values;
}

/// Uniform in [0, bound).
inline std::vector<std::int32_t> random_ints(Rng& rng, std::size_t count, std::int32_t bound) {
  std::vector<std::int32_t> values(count);
  for (auto& value : values) {
    value = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(bound)));
  }
  return values;
}

inline std::vector<std::uint16_t> to_bf16(const std::vector<float>& values) {
  std::vector<std::uint16_t> bits;
  bits.reserve(values.size());
  for (const float value : values) bits.push_back(ops::to_bf16(value));
  return bits;
}

inline std::vector<float> from_bf16(const std::vector<std::uint16_t>& bits) {
  std::vector<float> values;
  values.reserve(bits.size());
  for (const std::uint16_t b : bits) values.push_back(ops::from_bf16(b));
  return values;
}

/// What a bf16 buffer holds of `values`.
inline std::vector<float> rounded_to_bf16(const std::vector<float>& values) {
  return from_bf16(to_bf16(values));
}

}  // namespace pagequest::gpu_test
