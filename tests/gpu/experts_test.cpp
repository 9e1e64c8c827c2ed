// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "engine/ops/cuda/kernels.h"
#include "tests/gpu/weights.h"

namespace pagequest::gpu_test {
namespace {

struct Case {
  MatrixType type;
  Epilogue activation;
  std::int64_t rows;
  std::int32_t experts;
  std::int32_t slots;  // of a row
  std::int64_t hidden;
  std::int64_t width;  // of an expert
  bool bias = true;
  std::int32_t used = 0;  // experts that rows choose from; 0: all
};

/// What route() leaves, by the plainest sort.
struct Routing {
  std::vector<std::int32_t> chosen;
  std::vector<float> weights;
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> place;
  std::vector<std::int32_t> source;
};

Routing random_routing(Rng& rng, const Case& c) {
  Routing routing;
  const std::int32_t used = c.used > 0 ? c.used : c.experts;
  for (std::int64_t r = 0; r < c.rows; ++r) {
    std::vector<std::int32_t> order(static_cast<std::size_t>(used));
    std::iota(order.begin(), order.end(), c.experts - used);
    rng.shuffle(order);
    std::sort(order.begin(), order.begin() + c.slots);
    routing.chosen.insert(routing.chosen.end(), order.begin(), order.begin() + c.slots);
  }
  routing.weights = random_floats(rng, routing.chosen.size(), 0, 1);
  routing.place.resize(routing.chosen.size());
  for (std::int32_t e = 0; e < c.experts; ++e) {
    routing.first.push_back(static_cast<std::int32_t>(routing.source.size()));
    for (std::size_t i = 0; i < routing.chosen.size(); ++i) {
      if (routing.chosen[i] != e) continue;
      routing.place[i] = static_cast<std::int32_t>(routing.source.size());
      routing.source.push_back(static_cast<std::int32_t>(i) / c.slots);
    }
  }
  routing.first.push_back(static_cast<std::int32_t>(routing.source.size()));
  return routing;
}

using Matrix = std::vector<std::vector<double>>;

/// One row through one expert. The activations may be rounded to `element` in between.
std::vector<Bounded> run_expert(const Case& c, Element element, const std::vector<double>& x,
                                const Matrix& gate_up, const std::vector<float>& gate_up_bias,
                                const Matrix& down, const std::vector<float>& down_bias,
                                std::int32_t expert) {
  const auto width = static_cast<std::size_t>(c.width);
  const auto hidden = static_cast<std::size_t>(c.hidden);
  const auto e = static_cast<std::size_t>(expert);
  const auto sum = [&](std::size_t output) {
    const std::size_t row = e * 2 * width + output;
    const Bounded product = product_of(x, gate_up[row]);
    return c.bias ? plus(product, gate_up_bias[row]) : product;
  };
  std::vector<double> activated;
  std::vector<double> errors;
  for (std::size_t i = 0; i < width; ++i) {
    const Bounded value = gated(c.activation, sum(i), sum(width + i), element);
    activated.push_back(value.value);
    errors.push_back(value.error);
  }
  std::vector<Bounded> outputs;
  for (std::size_t d = 0; d < hidden; ++d) {
    const std::size_t row = e * hidden + d;
    Bounded product = product_of(activated, down[row]);
    for (std::size_t i = 0; i < width; ++i) product.error += errors[i] * std::fabs(down[row][i]);
    outputs.push_back(c.bias ? plus(product, down_bias[row]) : product);
  }
  return outputs;
}

void check_case(const Case& c, std::uint64_t seed) {
  INFO(name_of(c.type) << ", activation " << static_cast<int>(c.activation) << ", " << c.rows
                       << " rows, " << c.experts << " experts, " << c.slots << " slots, hidden "
                       << c.hidden << ", width " << c.width << ", used " << c.used);
  Rng rng(seed);
  const Element element = c.type == MatrixType::f32 ? Element::f32 : Element::bf16;
  Weights gate_up = random_weights(rng, c.type, c.experts * 2 * c.width, c.hidden);
  Weights down = random_weights(rng, c.type, c.experts * c.hidden, c.width);
  const auto gate_up_bias = random_floats(rng, static_cast<std::size_t>(gate_up.outputs));
  const auto down_bias = random_floats(rng, static_cast<std::size_t>(down.outputs));
  const Rows x = random_rows(rng, element, c.rows, c.hidden, 0.2);
  const Routing routing = random_routing(rng, c);
  const std::int64_t stride = c.hidden + 5;
  const auto before = random_floats(rng, static_cast<std::size_t>(c.rows * stride));

  const gpu::DeviceMatrix device_gate_up = gate_up.on_device(c.experts);
  const gpu::DeviceMatrix device_down = down.on_device(c.experts);
  const gpu::DeviceBuffer biases[] = {upload(gate_up_bias), upload(down_bias)};
  const gpu::DeviceBuffer chosen = upload(routing.chosen);
  const gpu::DeviceBuffer weights = upload(routing.weights);
  const gpu::DeviceBuffer first = upload(routing.first);
  const gpu::DeviceBuffer place = upload(routing.place);
  const gpu::DeviceBuffer source = upload(routing.source);
  const gpu::DeviceBuffer residual = upload(before);
  const std::int64_t expert_rows = c.rows * c.slots;
  const std::int64_t activated_stride = (c.width + 7) / 8 * 8;
  const gpu::DeviceBuffer activated =
      output<float>(static_cast<std::size_t>(expert_rows * activated_stride));
  const gpu::DeviceBuffer outputs = output<float>(static_cast<std::size_t>(expert_rows * c.hidden));
  const gpu::DeviceBuffer scratch = output<std::byte>(
      static_cast<std::size_t>(gpu::linear_scratch_bytes(expert_rows, 2 * c.width, c.hidden)));

  gpu::RouteArgs route{};
  route.rows = c.rows;
  route.experts = c.experts;
  route.experts_per_token = c.slots;
  route.chosen = chosen.as<std::int32_t>();
  route.weights = weights.as<float>();
  route.first = first.as<std::int32_t>();
  route.place = place.as<std::int32_t>();
  route.source = source.as<std::int32_t>();
  const gpu::Stream stream;
  gpu::experts({.routing = route,
                .gate_up = device_gate_up.experts(c.bias ? biases[0].as<float>() : nullptr),
                .down = device_down.experts(c.bias ? biases[1].as<float>() : nullptr),
                .activation = c.activation,
                .x = x.view,
                .activated = {activated.data(), activated_stride, element},
                .outputs = {outputs.data(), c.hidden, Element::f32},
                .residual = {residual.data(), stride, Element::f32}},
               scratch.data(), stream);
  const auto got = download<float>(residual, before.size(), stream);

  const Matrix gate_up_values = gate_up.values();
  const Matrix down_values = down.values();
  double worst = 0;
  bool untouched = true;
  for (std::size_t r = 0; r < static_cast<std::size_t>(c.rows); ++r) {
    const float* row = before.data() + r * static_cast<std::size_t>(stride);
    std::vector<Bounded> expected;
    for (std::int64_t d = 0; d < stride; ++d) expected.push_back({row[d], 1e-6});
    for (std::size_t s = 0; s < static_cast<std::size_t>(c.slots); ++s) {
      const std::size_t slot = r * static_cast<std::size_t>(c.slots) + s;
      const auto sums = run_expert(c, element, x.values[r], gate_up_values, gate_up_bias,
                                   down_values, down_bias, routing.chosen[slot]);
      for (std::size_t d = 0; d < sums.size(); ++d) {
        const double weight = routing.weights[slot];
        expected[d] = plus(expected[d], weight * sums[d].value);
        expected[d].error += weight * sums[d].error;
      }
    }
    for (std::size_t d = 0; d < expected.size(); ++d) {
      const float value = got[r * static_cast<std::size_t>(stride) + d];
      if (d >= static_cast<std::size_t>(c.hidden)) {
        untouched = untouched && value == row[d];
        continue;
      }
      const double off = std::fabs(value - expected[d].value) / expected[d].error;
      worst = off <= worst ? worst : std::isnan(off) ? 1e300 : off;
    }
  }
  CHECK(worst <= 1);
  CHECK(untouched);
}

TEST_CASE("Each row gets the weighted sum of what its experts compute", "[gpu]") {
  std::uint64_t seed = 100;
  for (const MatrixType type : kAllTypes) {
    for (const Epilogue activation : {Epilogue::swiglu, Epilogue::clamped_swiglu}) {
      for (const std::int64_t rows : {1, 3, 9, 40}) {
        check_case({type, activation, rows, 5, 2, 64, 32, rows != 9}, ++seed);
      }
    }
  }
}

TEST_CASE("Experts take rows of odd sizes", "[gpu]") {
  std::uint64_t seed = 200;
  for (const MatrixType type :
       {MatrixType::f32, MatrixType::bf16, MatrixType::int8, MatrixType::fp8}) {
    for (const std::int64_t rows : {2, 50})
      check_case({type, Epilogue::swiglu, rows, 3, 2, 43, 21}, ++seed);
  }
}

TEST_CASE("Most of many experts get no row", "[gpu]") {
  for (const MatrixType type : kAllTypes) {
    check_case({type, Epilogue::swiglu, 3, 70, 4, 32, 32}, 300);
    check_case({type, Epilogue::swiglu, 30, 70, 2, 32, 32, true, 2}, 301);
  }
}

TEST_CASE("All rows go to one expert", "[gpu]") {
  for (const MatrixType type : kAllTypes) {
    check_case({type, Epilogue::clamped_swiglu, 21, 33, 1, 32, 32, true, 1}, 400);
    check_case({type, Epilogue::clamped_swiglu, 200, 4, 1, 32, 32, true, 1}, 401);
  }
}

TEST_CASE("Experts of many rows take tiles of every size", "[gpu]") {
  for (const MatrixType type : kAllTypes) {
    for (const std::int64_t rows : {20, 120, 210}) {
      check_case({type, Epilogue::swiglu, rows, 2, 1, 96, 64}, 500);
    }
  }
}

}  // namespace
}  // namespace pagequest::gpu_test
