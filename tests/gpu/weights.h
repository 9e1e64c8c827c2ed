// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "engine/ops/cuda/device_matrix.h"
#include "tests/gpu/support.h"
#include "tests/support/e4m3.h"

/// Random weights of each type as they are stored, with the numbers that they stand for.
namespace pagequest::gpu_test {

using gpu::Element;
using gpu::Epilogue;
using gpu::MatrixType;

inline constexpr MatrixType kAllTypes[] = {MatrixType::f32, MatrixType::bf16, MatrixType::int8,
                                           MatrixType::fp8, MatrixType::mxfp4};

inline const char* name_of(MatrixType type) {
  constexpr const char* kNames[] = {"f32", "bf16", "int8", "fp8", "mxfp4"};
  return kNames[static_cast<std::size_t>(type)];
}

/// E2M1 as the OCP microscaling specification 1.0, section 5.3.3, defines it.
inline double from_e2m1(unsigned code) {
  const int exponent = static_cast<int>(code >> 1U & 3U);
  const int fraction = static_cast<int>(code & 1U);
  const double size =
      exponent == 0 ? std::ldexp(fraction, -1) : std::ldexp(2 + fraction, exponent - 2);
  return code >= 8 ? -size : size;
}

/// What one output's bytes stand for.
inline std::vector<double> decode_row(MatrixType type, std::int64_t inputs, const std::byte* data,
                                      const std::byte* scales) {
  std::vector<double> values;
  for (std::int64_t k = 0; k < inputs; ++k) {
    float word = 0;
    std::uint16_t half = 0;
    const auto code = static_cast<std::uint8_t>(data[type == MatrixType::mxfp4 ? k / 2 : k]);
    switch (type) {
      case MatrixType::f32:
        std::memcpy(&word, data + k * 4, 4);
        values.push_back(word);
        break;
      case MatrixType::bf16:
        std::memcpy(&half, data + k * 2, 2);
        values.push_back(ops::from_bf16(half));
        break;
      case MatrixType::int8:
      case MatrixType::fp8:
        std::memcpy(&word, scales + k / 128 * 4, 4);
        values.push_back(word * (type == MatrixType::fp8 ? testing::e4m3_value(code)
                                                         : static_cast<std::int8_t>(code)));
        break;
      case MatrixType::mxfp4:
        values.push_back(std::ldexp(from_e2m1(k % 2 == 0 ? code & 15U : code >> 4U),
                                    static_cast<int>(scales[k / 32]) - 127));
        break;
    }
  }
  return values;
}

struct Weights {
  MatrixType type;
  std::int64_t outputs;
  std::int64_t inputs;
  std::vector<std::byte> data;    // rows of row_bytes_of(), the padding zero
  std::vector<std::byte> scales;  // rows of scale_bytes_of()

  Weights(MatrixType type_, std::int64_t outputs_, std::int64_t inputs_)
      : type(type_),
        outputs(outputs_),
        inputs(inputs_),
        data(static_cast<std::size_t>(outputs * gpu::row_bytes_of(type, inputs))),
        scales(static_cast<std::size_t>(outputs * gpu::scale_bytes_of(type, inputs))) {}

  [[nodiscard]] std::byte* row(std::int64_t output) {
    return data.data() + output * gpu::row_bytes_of(type, inputs);
  }
  [[nodiscard]] std::byte* row_scales(std::int64_t output) {
    return scales.data() + output * gpu::scale_bytes_of(type, inputs);
  }
  /// (output, input)
  [[nodiscard]] std::vector<std::vector<double>> values() {
    std::vector<std::vector<double>> all;
    for (std::int64_t o = 0; o < outputs; ++o) {
      all.push_back(decode_row(type, inputs, row(o), row_scales(o)));
    }
    return all;
  }
  [[nodiscard]] gpu::DeviceMatrix on_device(std::int64_t matrices = 1) {
    const gpu::Stream stream;
    gpu::Uploader uploader(stream, 4096);
    const auto fill = [this](std::int64_t first, std::int64_t count, std::byte* to,
                             std::byte* to_scales) {
      const std::int64_t row_bytes = gpu::row_bytes_of(type, inputs);
      const std::int64_t scale_bytes = gpu::scale_bytes_of(type, inputs);
      std::memcpy(to, row(first), static_cast<std::size_t>(count * row_bytes));
      if (scale_bytes > 0) {
        std::memcpy(to_scales, row_scales(first), static_cast<std::size_t>(count * scale_bytes));
      }
    };
    gpu::DeviceMatrix matrix(type, outputs, inputs, fill, uploader, matrices);
    stream.synchronise();
    return matrix;
  }
};

inline std::byte random_code(Rng& rng, MatrixType type) {
  auto code = static_cast<std::uint8_t>(rng.below(256));
  if (type == MatrixType::fp8 && (code & 0x7fU) == 0x7fU) code ^= 1U;  // not NaN
  return std::byte{code};
}

inline Weights random_weights(Rng& rng, MatrixType type, std::int64_t outputs,
                              std::int64_t inputs) {
  Weights weights(type, outputs, inputs);
  for (std::int64_t o = 0; o < outputs; ++o) {
    for (std::int64_t k = 0; k < inputs; ++k) {
      const auto value = static_cast<float>(2 * rng.uniform() - 1);
      const std::uint16_t half = ops::to_bf16(value);
      if (type == MatrixType::f32) std::memcpy(weights.row(o) + k * 4, &value, 4);
      if (type == MatrixType::bf16) std::memcpy(weights.row(o) + k * 2, &half, 2);
      if (type == MatrixType::int8 || type == MatrixType::fp8) {
        weights.row(o)[k] = random_code(rng, type);
      }
      if (type == MatrixType::mxfp4) weights.row(o)[k / 2] = random_code(rng, type);
    }
    const std::int64_t scale_bytes = gpu::scale_bytes_of(type, inputs);
    for (std::int64_t i = 0; i < scale_bytes; ++i) {
      if (type == MatrixType::mxfp4) {
        weights.row_scales(o)[i] = std::byte{static_cast<std::uint8_t>(120 + rng.below(12))};
      } else if (i % 4 == 0) {
        const auto scale = static_cast<float>(0.01 * (0.1 + rng.uniform()));
        std::memcpy(weights.row_scales(o) + i, &scale, 4);
      }
    }
  }
  return weights;
}

/// Rows of activations in device memory with poison behind each row, and their exact values.
struct Rows {
  gpu::DeviceBuffer buffer;
  gpu::RowsView view;
  std::vector<std::vector<double>> values;
};

inline Rows random_rows(Rng& rng, Element element, std::int64_t rows, std::int64_t width,
                        double size = 1) {
  Rows made;
  const std::int64_t stride = (width + 7) / 8 * 8 + 8 * static_cast<std::int64_t>(rng.below(3));
  const auto count = static_cast<std::size_t>(rows * stride);
  std::vector<float> floats(count, std::numeric_limits<float>::quiet_NaN());
  std::vector<std::uint16_t> halves(count, 0xffff);
  for (std::int64_t r = 0; r < rows; ++r) {
    made.values.emplace_back();
    for (std::int64_t k = 0; k < width; ++k) {
      const auto at = static_cast<std::size_t>(r * stride + k);
      floats[at] = static_cast<float>(size * (2 * rng.uniform() - 1));
      halves[at] = ops::to_bf16(floats[at]);
      made.values.back().push_back(element == Element::f32 ? floats[at]
                                                           : ops::from_bf16(halves[at]));
    }
  }
  made.buffer = element == Element::f32 ? upload(floats) : upload(halves);
  made.view = {made.buffer.data(), stride, element};
  return made;
}

/// A number and how far from it a kernel may be.
struct Bounded {
  double value = 0;
  double error = 0;
};

/// Sum of products in double precision. f32 sums in any order are off by at most the number of
/// additions times 2^-24 of the sum of magnitudes; tensor cores cut where f32 rounds.
inline Bounded product_of(const std::vector<double>& x, const std::vector<double>& weights) {
  Bounded sum;
  double magnitude = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    sum.value += x[k] * weights[k];
    magnitude += std::fabs(x[k] * weights[k]);
  }
  sum.error = magnitude * (static_cast<double>(x.size()) + 16) * 0x1p-23;
  return sum;
}

/// Adds a number of about f32's precision.
inline Bounded plus(const Bounded& sum, double addend) {
  const double value = sum.value + addend;
  return {value, sum.error + 0x1p-22 * (std::fabs(value) + std::fabs(addend))};
}

/// silu(gate) * up, or gpt-oss's product, as reference.h has them, stored as `element`.
inline Bounded gated(Epilogue epilogue, const Bounded& gate, const Bounded& up, Element element) {
  const bool clamped = epilogue == Epilogue::clamped_swiglu;
  const double g = clamped ? std::fmin(gate.value, 7) : gate.value;
  const double u = clamped ? std::fmin(std::fmax(up.value, -7), 7) + 1 : up.value;
  const double activated = g / (1 + std::exp(clamped ? -1.702 * g : -g));
  const double value = activated * u;
  constexpr double kMostSlope = 1.1;  // of either activation
  const double rounding = element == Element::bf16 ? 0x1p-8 : 0x1p-18;
  const double error = kMostSlope * gate.error * (std::fabs(u) + up.error) +
                       std::fabs(activated) * up.error + rounding * std::fabs(value) + 1e-7;
  return {value, error};
}

}  // namespace pagequest::gpu_test
