// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_data.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/rng.h"
#include "engine/ops/cpu/bf16.h"

namespace pagequest::bench::PQ_CUDA_NS {
namespace {

constexpr std::int64_t kPatternBytes = std::int64_t{16} << 20;

/// `count` values, of which `draw` gives the pattern's.
template <class T, class Draw>
gpu::DeviceBuffer repeated(std::int64_t count, const gpu::Stream& stream, const Draw& draw) {
  const auto size = static_cast<std::int64_t>(sizeof(T));
  const std::int64_t bytes = count * size;
  std::int64_t done = std::min(bytes, kPatternBytes);
  gpu::PinnedBuffer pattern(done);
  std::generate_n(pattern.as<T>(), done / size, draw);
  gpu::DeviceBuffer buffer(bytes);
  stream.to_device(buffer.data(), pattern.data(), done);
  while (done < bytes) {
    const std::int64_t more = std::min(done, bytes - done);
    stream.on_device(buffer.data() + done, buffer.data(), more);
    done += more;
  }
  stream.synchronise();
  return buffer;
}

double uniform(Rng& rng, double low, double high) { return low + rng.uniform() * (high - low); }

bool is_finite(const std::byte* value, gpu::Element element) {
  if (element == gpu::Element::f32) {
    float number = 0.0F;
    std::memcpy(&number, value, sizeof(number));
    return std::isfinite(number);
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, value, sizeof(bits));
  return std::isfinite(ops::from_bf16(bits));
}

}  // namespace

gpu::DeviceBuffer random_bf16(std::int64_t count, float scale, const gpu::Stream& stream) {
  return repeated<std::uint16_t>(count, stream, [rng = Rng(1), scale]() mutable {
    return ops::to_bf16(static_cast<float>(uniform(rng, -scale, scale)));
  });
}

gpu::DeviceBuffer random_bytes(std::int64_t count, const gpu::Stream& stream) {
  return repeated<std::uint8_t>(count, stream, [rng = Rng(2)]() mutable {
    const auto byte = static_cast<std::uint8_t>(rng.next());
    constexpr std::uint8_t kNan = 0x7F;  // with either sign
    return static_cast<std::uint8_t>((byte & kNan) == kNan ? 0 : byte);
  });
}

gpu::DeviceBuffer random_f32(std::int64_t count, float low, float high, const gpu::Stream& stream) {
  return repeated<float>(count, stream, [rng = Rng(3), low, high]() mutable {
    return static_cast<float>(uniform(rng, low, high));
  });
}

gpu::DeviceBuffer filled(std::int64_t count, std::uint8_t value, const gpu::Stream& stream) {
  return repeated<std::uint8_t>(count, stream, [value] { return value; });
}

void check_output(const std::string& benchmark, const gpu::DeviceBuffer& output,
                  gpu::Element element, const gpu::Stream& stream) {
  const std::int64_t bytes = std::min<std::int64_t>(output.bytes(), 4096);
  gpu::PinnedBuffer ends(2 * bytes);
  stream.to_host(ends.data(), output.data(), bytes);
  stream.to_host(ends.data() + bytes, output.data() + output.bytes() - bytes, bytes);
  stream.synchronise();
  for (std::int64_t at = 0; at < 2 * bytes; at += gpu::element_bytes(element)) {
    if (is_finite(ends.data() + at, element)) continue;
    throw device_error({.what = "a benchmark's output is not finite",
                        .where = benchmark,
                        .found = "NaN or infinity",
                        .expected = "a number in every element",
                        .hint = "the GPU tests show which kernel is wrong"});
  }
}

}  // namespace pagequest::bench::PQ_CUDA_NS
