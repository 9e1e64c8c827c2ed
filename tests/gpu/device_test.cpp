// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/gpu/support.h"
#include "tests/gpu/test_kernels.h"

namespace pagequest::gpu_test {
namespace {

namespace test_kernels = gpu::test_kernels;

TEST_CASE("What is uploaded comes back", "[gpu]") {
  Rng rng(1);
  const auto values = random_floats(rng, 1001);
  const gpu::DeviceBuffer buffer = upload(values);
  const gpu::Stream stream;
  CHECK(download<float>(buffer, 1001, stream) == values);
  CHECK(download<float>(buffer, 3, stream, 998) ==
        std::vector<float>(values.end() - 3, values.end()));
}

TEST_CASE("Kernels of one stream run in order", "[gpu]") {
  Rng rng(2);
  auto expected = random_ints(rng, 777, 1000);
  const gpu::DeviceBuffer numbers = upload(expected);
  const gpu::Stream stream;
  for (int i = 0; i < 10; ++i) {
    test_kernels::add(numbers.as<std::int32_t>(), i, numbers.as<std::int32_t>(), 777, stream);
  }
  for (auto& number : expected) number += 45;
  CHECK(download<std::int32_t>(numbers, 777, stream) == expected);
}

TEST_CASE("A block adds up by shuffles and shared memory", "[gpu]") {
  Rng rng(3);
  const std::size_t each = 700;
  const std::size_t blocks = 13;
  const auto values = random_floats(rng, each * blocks);
  const gpu::DeviceBuffer from = upload(values);
  const gpu::DeviceBuffer sums = output<float>(blocks);
  const gpu::Stream stream;
  test_kernels::block_sums(from.as<float>(), each, sums.as<float>(), blocks, true, stream);
  const auto got = download<float>(sums, blocks, stream);
  for (std::size_t b = 0; b < blocks; ++b) {
    double expected = 0;
    for (std::size_t i = 0; i < each; ++i) expected += values[b * each + i];
    CHECK(got[b] == Approx(expected).margin(1e-4));
  }
}

}  // namespace
}  // namespace pagequest::gpu_test
