// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What kernels are made of, against formulas. On the emulator it tests the emulator.
#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include <catch2/catch.hpp>

#include "tests/gpu/support.h"
#include "tests/gpu/test_kernels.h"

namespace pagequest::gpu_test {
namespace {

namespace test_kernels = gpu::test_kernels;
using Numbers = std::vector<std::int32_t>;

constexpr int kLanes = 32;

/// Expected (operation, lane), each from its definition.
Numbers warp_results(const Numbers& values) {
  Numbers results;
  const auto add = [&](auto&& of_lane) {
    for (int lane = 0; lane < kLanes; ++lane) {
      results.push_back(static_cast<std::int32_t>(of_lane(lane)));
    }
  };
  const auto at = [&](int lane) { return values[static_cast<std::size_t>(lane)]; };
  const auto odd = [](std::int32_t value) { return value % 2 != 0; };
  std::uint32_t ballot = 0;
  for (int lane = 0; lane < kLanes; ++lane) ballot |= odd(at(lane)) ? 1U << lane : 0U;
  add([&](int) { return at(5); });
  add([&](int lane) { return at(lane / 8 * 8 + 3); });
  add([&](int lane) { return at(lane >= 3 ? lane - 3 : lane); });
  add([&](int lane) { return at(lane % 16 + 5 < 16 ? lane + 5 : lane); });
  add([&](int lane) { return at(lane ^ 9); });
  add([&](int) { return ballot; });
  add([&](int) { return std::any_of(values.begin(), values.end(), odd) ? 1 : 0; });
  add([&](int) { return std::all_of(values.begin(), values.end(), odd) ? 1 : 0; });
  add([&](int) { return std::accumulate(values.begin(), values.end(), 0); });
  add([&](int) { return *std::max_element(values.begin(), values.end()); });
  add([&](int lane) { return at(lane ^ 1); });
  const std::int32_t least = *std::min_element(values.begin() + 16, values.end());
  add([&](int lane) { return lane < 16 ? at(lane ^ 1) : least; });
  return results;
}

TEST_CASE("The lanes of a warp exchange values as defined", "[gpu]") {
  Rng rng(11);
  const Numbers values = random_ints(rng, kLanes, 1000);
  const std::size_t count = test_kernels::kWarpResults * kLanes;
  const gpu::DeviceBuffer from = upload(values);
  const gpu::DeviceBuffer results = output<std::int32_t>(count);
  const gpu::Stream stream;
  test_kernels::warp_operations(from.as<std::int32_t>(), results.as<std::int32_t>(), stream);
  CHECK(download<std::int32_t>(results, count, stream) == warp_results(values));
}

TEST_CASE("The threads of a block vote and count", "[gpu]") {
  const auto holding = GENERATE(0, 1, 69, 70);
  const std::int32_t threads = 70;  // the last warp isn't full
  Numbers holds(static_cast<std::size_t>(threads), 0);
  std::fill_n(holds.begin(), holding, 5);
  const gpu::DeviceBuffer from = upload(holds);
  const gpu::DeviceBuffer results = output<std::int32_t>(4);
  const gpu::Stream stream;
  test_kernels::block_votes(from.as<std::int32_t>(), threads, results.as<std::int32_t>(), stream);
  const Numbers expected = {holding, holding == threads ? 1 : 0, holding > 0 ? 1 : 0, threads};
  CHECK(download<std::int32_t>(results, 4, stream) == expected);
}

TEST_CASE("A block adds up by shuffles and shared memory", "[gpu]") {
  Rng rng(12);
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
    for (std::size_t i = 0; i < each; ++i) expected += static_cast<double>(values[b * each + i]);
    CHECK(static_cast<double>(got[b]) == Approx(expected).margin(1e-4));
  }
}

std::int32_t nearest_int(float x) {
  if (std::isnan(x)) return 0;
  return static_cast<std::int32_t>(
      std::clamp(std::nearbyint(static_cast<double>(x)), -2147483648.0, 2147483647.0));
}

std::uint32_t whole_unsigned(float x) {
  if (std::isnan(x)) return 0;
  return static_cast<std::uint32_t>(std::clamp(static_cast<double>(x), 0.0, 4294967295.0));
}

/// Each function from its definition, bit by bit where CUDA has an instruction.
std::array<std::uint32_t, test_kernels::kIntrinsics> intrinsic_results(std::uint32_t x) {
  std::uint32_t reversed = 0;
  for (unsigned i = 0; i < 32; ++i) reversed = reversed << 1U | (x >> i & 1U);
  const auto ones = static_cast<std::uint32_t>(std::popcount(x));
  const auto zeros_left = static_cast<std::uint32_t>(std::countl_zero(x));
  const auto first_one = x == 0 ? 0U : static_cast<std::uint32_t>(std::countr_zero(x)) + 1;
  const std::uint32_t permuted =
      (~x & 0xffU) | (x >> 8U & 0xffU) << 8U | (x >> 16U & 0xffU) << 16U | (~x >> 24U) << 24U;
  const std::uint64_t square = static_cast<std::uint64_t>(x) * x;
  const float half = std::bit_cast<float>(x & 0x3fffffffU);
  const std::uint32_t bf16 = ops::to_bf16(static_cast<float>(x));
  return {ones,
          ones,
          zeros_left,
          x == 0 ? 64 : zeros_left + 12,
          first_one,
          first_one == 0 ? 0 : first_one + 20,
          reversed,
          permuted,
          static_cast<std::uint32_t>(square >> 32U),
          static_cast<std::uint32_t>(square >> 24U),  // of wide * wide: shifted by 40
          ~x << 7U | x >> 25U,
          std::bit_cast<std::uint32_t>(half + half),
          bf16,
          bf16 | 0xbfc00000U,
          static_cast<std::uint32_t>(nearest_int(std::bit_cast<float>(x))),
          whole_unsigned(std::bit_cast<float>(x))};
}

TEST_CASE("Intrinsics compute what they are defined as", "[gpu]") {
  Rng rng(13);
  std::vector<std::uint32_t> numbers = {0, 1, 0x80000000U, 0xffffffffU, 0x00ff00ffU};
  for (int i = 0; i < 300; ++i) numbers.push_back(static_cast<std::uint32_t>(rng.next() >> 20U));
  for (const float x : {0.5F, 2.5F, -7.6F, 123456.4F, 2.9e9F, -1e20F}) {
    numbers.push_back(std::bit_cast<std::uint32_t>(x));
  }
  const std::size_t count = numbers.size();
  const gpu::DeviceBuffer from = upload(numbers);
  const gpu::DeviceBuffer results = output<std::uint32_t>(count * test_kernels::kIntrinsics);
  const gpu::Stream stream;
  test_kernels::intrinsics(from.as<std::uint32_t>(), results.as<std::uint32_t>(),
                           static_cast<std::int32_t>(count), stream);
  const auto got = download<std::uint32_t>(results, count * test_kernels::kIntrinsics, stream);
  for (std::size_t i = 0; i < count; ++i) {
    const auto expected = intrinsic_results(numbers[i]);
    for (std::size_t f = 0; f < expected.size(); ++f) {
      INFO("function " << f << " of " << numbers[i]);
      CHECK(got[f * count + i] == expected[f]);
    }
  }
}

/// Small integers: every product and sum is exact, and no two elements of an input are equal.
std::vector<std::uint16_t> distinct_bf16(Rng& rng, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i) - 100;
  rng.shuffle(values);
  return to_bf16(values);
}

TEST_CASE("Tensor cores multiply matrices whose tiles were loaded and transposed", "[gpu]") {
  Rng rng(GENERATE(14, 15, 16));
  const auto a = distinct_bf16(rng, 256);  // (16, 16)
  const auto b = distinct_bf16(rng, 128);  // (16, 8)
  const auto before = random_ints(rng, 128, 1000);
  const gpu::DeviceBuffer d = upload(std::vector<float>(before.begin(), before.end()));
  const gpu::DeviceBuffer a_device = upload(a);
  const gpu::DeviceBuffer b_device = upload(b);
  const gpu::Stream stream;
  test_kernels::tensor_core(a_device.as<std::uint16_t>(), b_device.as<std::uint16_t>(),
                            d.as<float>(), stream);
  std::vector<float> expected(128);
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t column = 0; column < 8; ++column) {
      double sum = before[row * 8 + column];
      for (std::size_t k = 0; k < 16; ++k) {
        sum += static_cast<double>(ops::from_bf16(a[row * 16 + k])) *
               static_cast<double>(ops::from_bf16(b[k * 8 + column]));
      }
      expected[row * 8 + column] = static_cast<float>(sum);
    }
  }
  CHECK(download<float>(d, 128, stream) == expected);
}

TEST_CASE("Asynchronous copies arrive in the group that is waited for", "[gpu]") {
  const std::int32_t pieces = GENERATE(1, 64, 65, 1000);
  const std::int32_t valid = pieces - pieces / 3;
  Rng rng(17);
  auto numbers = random_ints(rng, 4 * static_cast<std::size_t>(pieces), 1 << 30);
  const gpu::DeviceBuffer from = upload(numbers);
  const gpu::DeviceBuffer to = output<std::int32_t>(numbers.size());
  const gpu::Stream stream;
  test_kernels::staged_copy(from.as<std::uint32_t>(), to.as<std::uint32_t>(), pieces, valid,
                            stream);
  std::fill(numbers.begin() + 4 * valid, numbers.end(), 0);
  CHECK(download<std::int32_t>(to, numbers.size(), stream) == numbers);
}

TEST_CASE("A kernel fetches weights while the one before runs", "[gpu]") {
  Rng rng(18);
  const Numbers weights = random_ints(rng, test_kernels::kPrefetched, 1000);
  Numbers sums = random_ints(rng, weights.size(), 1000);
  const gpu::DeviceBuffer from = upload(weights);
  const gpu::DeviceBuffer to = upload(sums);
  const gpu::Stream stream;
  for (int i = 0; i < 5; ++i) {
    test_kernels::add_prefetched(from.as<std::int32_t>(), to.as<std::int32_t>(), stream);
  }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += 5 * weights[i];
  CHECK(download<std::int32_t>(to, sums.size(), stream) == sums);
}

TEST_CASE("A block has the dynamic shared memory that it asks for", "[gpu]") {
  const std::int32_t bytes = GENERATE(1, 1000, 48 * 1024, 99 * 1024);
  const auto count = static_cast<std::size_t>(bytes);
  const gpu::DeviceBuffer works = output<std::uint8_t>(count);
  const gpu::Stream stream;
  test_kernels::shared_bytes(bytes, works.as<std::uint8_t>(), stream);
  CHECK(download<std::uint8_t>(works, count, stream) == std::vector<std::uint8_t>(count, 1));
}

}  // namespace
}  // namespace pagequest::gpu_test
