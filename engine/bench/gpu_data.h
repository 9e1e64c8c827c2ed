// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/views.h"

/// Data of benchmarks. A part of it is drawn at random and copied over the rest on the device:
/// every byte lies at an address of its own, which is what a memory's speed depends on.
namespace pagequest::bench::PQ_CUDA_NS {

namespace gpu = ops::PQ_CUDA_NS;

/// bf16 numbers, uniform in [-scale, scale).
[[nodiscard]] gpu::DeviceBuffer random_bf16(std::int64_t count, float scale,
                                            const gpu::Stream& stream);
/// Any bytes in which no E4M3 number is a NaN.
[[nodiscard]] gpu::DeviceBuffer random_bytes(std::int64_t count, const gpu::Stream& stream);
/// f32 numbers, uniform in [low, high).
[[nodiscard]] gpu::DeviceBuffer random_f32(std::int64_t count, float low, float high,
                                           const gpu::Stream& stream);
/// Bytes of one value, which is what poisons an output: 0xFF makes NaN of any float.
[[nodiscard]] gpu::DeviceBuffer filled(std::int64_t count, std::uint8_t value,
                                       const gpu::Stream& stream);

template <class T>
[[nodiscard]] gpu::DeviceBuffer uploaded(const std::vector<T>& values, const gpu::Stream& stream) {
  const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(T));
  gpu::PinnedBuffer host(bytes);
  if (bytes > 0) std::memcpy(host.data(), values.data(), static_cast<std::size_t>(bytes));
  gpu::DeviceBuffer device(bytes);
  stream.to_device(device.data(), host.data(), bytes);
  stream.synchronise();
  return device;
}

/// Throws device_error, naming the benchmark, unless the first and the last numbers of an output
/// were written and are finite: a time without a result is none.
void check_output(const std::string& benchmark, const gpu::DeviceBuffer& output,
                  gpu::Element element, const gpu::Stream& stream);

}  // namespace pagequest::bench::PQ_CUDA_NS
