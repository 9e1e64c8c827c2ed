// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bit>

#include <catch2/catch.hpp>

#include "engine/ops/cuda/cublas_lt.h"
#include "engine/ops/cuda/kernels.h"
#include "tests/gpu/weights.h"

namespace pagequest::gpu_test {
namespace {

constexpr Epilogue kAllEpilogues[] = {Epilogue::store, Epilogue::add, Epilogue::swiglu,
                                      Epilogue::clamped_swiglu};

bool is_gated(Epilogue epilogue) {
  return epilogue == Epilogue::swiglu || epilogue == Epilogue::clamped_swiglu;
}

struct Case {
  MatrixType type;
  Epilogue epilogue;
  std::int64_t rows;
  std::int64_t outputs;
  std::int64_t inputs;
  bool bias = false;
  bool remainder = false;
  gpu::CublasLt* library = nullptr;
};

std::vector<double> sum_of(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum.push_back(a[i] + b[i]);
  return sum;
}

/// The product of `c` with random numbers: what was computed, and what double precision says.
struct Run {
  std::vector<float> before;  // of y, poison where nothing is to be read
  std::vector<float> y;       // (row, stride)
  std::int64_t stride = 0;
  std::int64_t width = 0;  // of a row that is written
  std::vector<Bounded> expected;
};

void expect(const Case& c, const Rows& x, const Rows& remainder, Weights& weights,
            const std::vector<float>& bias, Run& run) {
  const auto values = weights.values();
  const Element element = x.view.element;
  for (std::size_t r = 0; r < static_cast<std::size_t>(c.rows); ++r) {
    const auto row = c.remainder ? sum_of(x.values[r], remainder.values[r]) : x.values[r];
    std::vector<Bounded> sums;
    for (std::size_t o = 0; o < values.size(); ++o) {
      const Bounded product = product_of(row, values[o]);
      sums.push_back(c.bias ? plus(product, bias[o]) : product);
    }
    for (std::size_t o = 0; o < static_cast<std::size_t>(run.width); ++o) {
      const float before = run.before[r * static_cast<std::size_t>(run.stride) + o];
      if (c.epilogue == Epilogue::store) run.expected.push_back(sums[o]);
      if (c.epilogue == Epilogue::add) run.expected.push_back(plus(sums[o], before));
      if (is_gated(c.epilogue)) {
        const Bounded& up = sums[o + static_cast<std::size_t>(run.width)];
        run.expected.push_back(gated(c.epilogue, sums[o], up, element));
      }
    }
  }
}

Run run_case(const Case& c, Rng& rng) {
  const Element element = c.type == MatrixType::f32 ? Element::f32 : Element::bf16;
  Weights weights = random_weights(rng, c.type, c.outputs, c.inputs);
  const gpu::DeviceMatrix matrix = weights.on_device();
  const Rows x = random_rows(rng, element, c.rows, c.inputs);
  Rows remainder = random_rows(rng, element, c.rows, c.inputs, 0x1p-9);
  while (remainder.view.stride != x.view.stride) {
    remainder = random_rows(rng, element, c.rows, c.inputs, 0x1p-9);
  }
  const auto bias = random_floats(rng, static_cast<std::size_t>(c.outputs));
  const gpu::DeviceBuffer device_bias = upload(bias);

  Run run;
  run.width = is_gated(c.epilogue) ? c.outputs / 2 : c.outputs;
  run.stride = run.width + 3;
  run.before = random_floats(rng, static_cast<std::size_t>((c.rows + 1) * run.stride));
  const bool halves = is_gated(c.epilogue) && element == Element::bf16;
  if (halves) run.before = rounded_to_bf16(run.before);
  const gpu::DeviceBuffer y = halves ? upload(to_bf16(run.before)) : upload(run.before);
  expect(c, x, remainder, weights, bias, run);

  const gpu::DeviceBuffer scratch = output<std::byte>(
      static_cast<std::size_t>(gpu::linear_scratch_bytes(c.rows, c.outputs, c.inputs)));
  const gpu::Stream stream;
  gpu::linear({.matrix = matrix.view(),
               .bias = c.bias ? device_bias.as<float>() : nullptr,
               .x = x.view,
               .x_remainder = c.remainder ? remainder.view : gpu::RowsView{},
               .rows = c.rows,
               .y = {y.data(), run.stride, halves ? Element::bf16 : Element::f32},
               .epilogue = c.epilogue,
               .library = c.library},
              scratch.data(), stream);
  run.y = halves ? from_bf16(download<std::uint16_t>(y, run.before.size(), stream))
                 : download<float>(y, run.before.size(), stream);
  return run;
}

/// The largest error in units of what is allowed; NaN counts as infinite.
double worst(const Run& run) {
  double most = 0;
  for (std::size_t i = 0; i < run.expected.size(); ++i) {
    const auto width = static_cast<std::size_t>(run.width);
    const float got = run.y[i / width * static_cast<std::size_t>(run.stride) + i % width];
    const double off = std::fabs(got - run.expected[i].value) / run.expected[i].error;
    most = off <= most ? most : std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
  }
  return most;
}

/// Whether what lies behind each row, and behind the last one, is what it was.
bool surroundings_untouched(const Run& run, std::int64_t rows) {
  for (std::size_t i = 0; i < run.y.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const bool written = at % run.stride < run.width && at / run.stride < rows;
    if (!written && run.y[i] != run.before[i]) return false;
  }
  return true;
}

void check_case(const Case& c, Rng& rng) {
  INFO(name_of(c.type) << ", epilogue " << static_cast<int>(c.epilogue) << ", " << c.rows
                       << " rows, " << c.outputs << " outputs, " << c.inputs << " inputs, bias "
                       << c.bias << ", remainder " << c.remainder);
  const Run run = run_case(c, rng);
  CHECK(worst(run) <= 1);
  CHECK(surroundings_untouched(run, c.rows));
}

std::int64_t random_inputs(Rng& rng, MatrixType type, int most) {
  return type == MatrixType::mxfp4 ? 32 * rng.between(1, most / 32) : rng.between(8, most);
}

void check_type(MatrixType type, std::uint64_t seed) {
  Rng rng(seed);
  for (const Epilogue epilogue : kAllEpilogues) {
    for (const std::int64_t rows : {1, 2, 3, 5, 8, 9, 17, 33, 65, 130}) {
      Case c{type, epilogue, rows, rng.between(1, 200), random_inputs(rng, type, 300)};
      if (is_gated(epilogue)) c.outputs += c.outputs % 2;
      c.bias = rng.chance(0.5);
      c.remainder = type != MatrixType::f32 && rng.chance(0.4);
      check_case(c, rng);
    }
  }
}

TEST_CASE("Products of f32 weights agree with double precision", "[gpu]") {
  check_type(MatrixType::f32, 1);
}
TEST_CASE("Products of bf16 weights agree with double precision", "[gpu]") {
  check_type(MatrixType::bf16, 2);
}
TEST_CASE("Products of int8 weights agree with double precision", "[gpu]") {
  check_type(MatrixType::int8, 3);
}
TEST_CASE("Products of fp8 weights agree with double precision", "[gpu]") {
  check_type(MatrixType::fp8, 4);
}
TEST_CASE("Products of mxfp4 weights agree with double precision", "[gpu]") {
  check_type(MatrixType::mxfp4, 5);
}

TEST_CASE("Many inputs are cut into parts that add up", "[gpu]") {
  Rng rng(6);
  for (const MatrixType type : kAllTypes) {
    for (const std::int64_t rows : {1, 20, 40, 66}) {
      const std::int64_t inputs = type == MatrixType::mxfp4 ? 1632 : 1637;
      check_case({type, rows == 20 ? Epilogue::swiglu : Epilogue::add, rows, 30, inputs, true,
                  type != MatrixType::f32 && rows == 40},
                 rng);
    }
  }
}

TEST_CASE("As many large tiles as multiprocessors keep to the scratch memory", "[gpu]") {
  Rng rng(9);
  check_case({MatrixType::int8, Epilogue::store, 65, 132 * 64, 1024}, rng);
}

TEST_CASE("Many outputs take larger tiles", "[gpu]") {
  Rng rng(7);
  for (const MatrixType type : kAllTypes) {
    const std::int64_t inputs = type == MatrixType::mxfp4 ? 64 : 44;
    check_case({type, Epilogue::store, 3, 8195, inputs, true}, rng);
    const std::int64_t outputs =
        type == MatrixType::bf16 || type == MatrixType::mxfp4 ? 67 * 128 : 67 * 64;
    check_case({type, Epilogue::swiglu, type == MatrixType::f32 ? 9 : 130, outputs - 10, inputs},
               rng);
  }
}

TEST_CASE("What rounding took from x comes back as its remainder", "[gpu]") {
  Rng rng(8);
  for (const std::int64_t rows : {2, 12, 30, 70}) {
    // With one input a product without the remainder is off by some 2^-9, far beyond the bound.
    check_case({MatrixType::bf16, Epilogue::store, rows, 50, 1, false, true}, rng);
    check_case({MatrixType::int8, Epilogue::store, rows, 50, 1, false, true}, rng);
  }
}

TEST_CASE("Large products of bf16 agree with double precision with a library too", "[gpu]") {
  Rng rng(9);
  gpu::CublasLt library;
  for (const Epilogue epilogue : kAllEpilogues) {
    check_case(
        {MatrixType::bf16, epilogue, 140, 96, 136, true, epilogue == Epilogue::add, &library}, rng);
  }
}

TEST_CASE("The same product gives the same bits", "[gpu]") {
  for (const MatrixType type : kAllTypes) {
    for (const std::int64_t rows : {1, 13, 40}) {
      const Case c{type, Epilogue::store, rows, 70, 1056};
      Rng first(rows);
      Rng second(rows);
      CHECK(run_case(c, first).y == run_case(c, second).y);
    }
  }
}

/// Each number of `codes` in an output of its own, times `x`.
std::vector<float> times_codes(Weights& weights, float x, std::int64_t rows) {
  const gpu::DeviceMatrix matrix = weights.on_device();
  std::vector<std::uint16_t> row(static_cast<std::size_t>((weights.inputs + 7) / 8 * 8));
  row[0] = ops::to_bf16(x);
  const gpu::DeviceBuffer device_x = upload(row);
  const auto count = static_cast<std::size_t>(rows * weights.outputs);
  const gpu::DeviceBuffer y = output<float>(count);
  const gpu::DeviceBuffer scratch = output<std::byte>(
      static_cast<std::size_t>(gpu::linear_scratch_bytes(rows, weights.outputs, weights.inputs)));
  const gpu::Stream stream;
  gpu::linear({.matrix = matrix.view(),
               .x = {device_x.data(), 0, Element::bf16},
               .x_remainder = {},
               .rows = rows,
               .y = {y.data(), weights.outputs, Element::f32}},
              scratch.data(), stream);
  return download<float>(y, count, stream);
}

bool same(float got, double expected) {
  return std::isnan(expected) ? std::isnan(got) : got == expected;
}

TEST_CASE("Every code of int8 and fp8 is decoded exactly", "[gpu]") {
  for (const MatrixType type : {MatrixType::int8, MatrixType::fp8}) {
    Weights weights(type, 256, 16);
    const float one = 1;
    for (std::int64_t o = 0; o < 256; ++o) {
      weights.row(o)[0] = std::byte{static_cast<std::uint8_t>(o)};
      std::memcpy(weights.row_scales(o), &one, 4);
    }
    for (const std::int64_t rows : {1, 40}) {
      const auto got = times_codes(weights, 1, rows);
      const auto values = weights.values();
      for (std::size_t i = 0; i < got.size(); ++i) {
        INFO(name_of(type) << " code " << i % 256);
        CHECK(same(got[i], values[i % 256][0]));
      }
    }
  }
}

TEST_CASE("Every code of mxfp4 is decoded exactly under scales of any size", "[gpu]") {
  Weights weights(MatrixType::mxfp4, 255 * 16, 32);
  for (std::int64_t o = 0; o < weights.outputs; ++o) {
    weights.row(o)[0] = std::byte{static_cast<std::uint8_t>(o % 16)};
    weights.row_scales(o)[0] = std::byte{static_cast<std::uint8_t>(o / 16)};
  }
  const auto values = weights.values();
  for (const std::int64_t rows : {1, 20}) {
    for (const float x : {0x1p20F, 0x1p-20F}) {
      const auto got = times_codes(weights, x, rows);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        const double expected = values[i % values.size()][0] * x;
        const double size = std::fabs(values[i % values.size()][0]);
        // bf16 and f32 have the same range: what is outside is not asked for.
        const bool inside = size < 0x1p127 && std::fabs(expected) < 0x1p127 &&
                            (expected == 0 || std::fabs(expected) > 0x1p-126);
        if (inside && !same(got[i], expected)) ++wrong;
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("In f32 a row's result does not depend on the rows beside it", "[gpu]") {
  Rng rng(10);
  const std::int64_t inputs = 203;
  const std::int64_t outputs = 37;
  Weights weights = random_weights(rng, MatrixType::f32, outputs, inputs);
  const gpu::DeviceMatrix matrix = weights.on_device();
  const Rows x = random_rows(rng, Element::f32, 19, inputs);
  const gpu::Stream stream;
  const auto compute = [&](std::int64_t first, std::int64_t rows) {
    const auto count = static_cast<std::size_t>(rows * outputs);
    const gpu::DeviceBuffer y = output<float>(count);
    gpu::linear({.matrix = matrix.view(),
                 .x = {x.buffer.as<float>() + first * x.view.stride, x.view.stride, Element::f32},
                 .x_remainder = {},
                 .rows = rows,
                 .y = {y.data(), outputs, Element::f32}},
                nullptr, stream);
    return download<float>(y, count, stream);
  };
  const auto all = compute(0, 19);
  for (const std::int64_t rows : {1, 3, 8}) {
    for (std::int64_t first = 0; first + rows <= 19; first += rows) {
      const auto begin = all.begin() + first * outputs;
      CHECK(compute(first, rows) == std::vector<float>(begin, begin + rows * outputs));
    }
  }
}

}  // namespace
}  // namespace pagequest::gpu_test
