// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/ops/cuda/range.h"
#include "tests/gpu/support.h"
#include "tests/gpu/test_kernels.h"

namespace pagequest::gpu_test {
namespace {

namespace test_kernels = gpu::test_kernels;
using Numbers = std::vector<std::int32_t>;

Numbers plus(Numbers numbers, std::int32_t addend) {
  for (auto& number : numbers) number += addend;
  return numbers;
}

void add(const gpu::DeviceBuffer& from, std::int32_t addend, const gpu::DeviceBuffer& to,
         const gpu::Stream& stream) {
  const auto count = static_cast<std::int32_t>(to.bytes() / 4);
  test_kernels::add(from.as<std::int32_t>(), addend, to.as<std::int32_t>(), count, stream);
}

TEST_CASE("The device says what it is", "[gpu]") {
  const gpu::DeviceInfo info = gpu::device_info();
  CHECK(!info.name.empty());
  CHECK(info.compute_capability >= 80);
  CHECK(info.multiprocessors > 0);
  CHECK(info.memory_bytes >= info.free_bytes);
  CHECK(info.shared_bytes >= 99 * 1024);
}

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
  const Numbers before = random_ints(rng, 777, 1000);
  const gpu::DeviceBuffer numbers = upload(before);
  const gpu::Stream stream;
  for (std::int32_t i = 0; i < 10; ++i) add(numbers, i, numbers, stream);
  CHECK(download<std::int32_t>(numbers, 777, stream) == plus(before, 45));
}

TEST_CASE("A stream copies on the device and zeroes", "[gpu]") {
  Rng rng(3);
  Numbers expected = random_ints(rng, 100, 1000);
  const gpu::DeviceBuffer from = upload(expected);
  const gpu::DeviceBuffer to = output<std::int32_t>(100);
  const gpu::Stream stream;
  stream.on_device(to.data(), from.data(), to.bytes());
  stream.zero(to.as<std::int32_t>() + 10, 20 * 4);
  std::fill_n(expected.begin() + 10, 20, 0);
  CHECK(download<std::int32_t>(to, 100, stream) == expected);
}

TEST_CASE("Work of no size does nothing", "[gpu]") {
  const gpu::DeviceBuffer empty(0);
  const gpu::PinnedBuffer pinned(0);
  CHECK(empty.data() == nullptr);
  const gpu::Stream stream;
  stream.to_device(empty.data(), pinned.data(), 0);
  stream.zero(empty.data(), 0);
  add(empty, 1, empty, stream);  // a grid of no blocks
  CHECK_NOTHROW(stream.synchronise());
}

TEST_CASE("A buffer keeps its contents when it moves", "[gpu]") {
  const Numbers numbers = {3, 1, 4};
  gpu::DeviceBuffer first = upload(numbers);
  gpu::DeviceBuffer second(std::move(first));
  gpu::DeviceBuffer third(1000);
  third = std::move(second);
  const gpu::Stream stream;
  CHECK(third.bytes() == 12);
  CHECK(download<std::int32_t>(third, 3, stream) == numbers);
}

TEST_CASE("A stream waits for another one's event", "[gpu]") {
  const Numbers before(500, 7);
  const gpu::DeviceBuffer numbers = upload(before);
  const gpu::Stream first;
  const gpu::Stream second;
  gpu::Event added;
  for (int i = 0; i < 100; ++i) add(numbers, 1, numbers, first);
  added.record(first);
  second.wait(added);
  add(numbers, 1000, numbers, second);
  CHECK(download<std::int32_t>(numbers, 500, second) == plus(before, 1100));
}

TEST_CASE("An event is done once its work is", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(Numbers(500, 7));
  const gpu::Stream stream;
  gpu::Event event;
  CHECK(event.done());
  CHECK_NOTHROW(event.wait());
  add(numbers, 1, numbers, stream);
  event.record(stream);
  while (!event.done()) {
  }
  event.wait();
  CHECK(event.done());
}

TEST_CASE("Timed events tell the time between them", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(Numbers(500, 7));
  const gpu::Stream stream;
  gpu::Event begin(true);
  gpu::Event end(true);
  begin.record(stream);
  for (int i = 0; i < 50; ++i) add(numbers, 1, numbers, stream);
  end.record(stream);
  end.wait();
  CHECK(gpu::Event::elapsed_ns(begin, end) > 0);
}

TEST_CASE("A graph repeats its kernels on what the buffers hold then", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(Numbers{1, 2, 3});
  const gpu::Stream stream;
  std::int32_t addend = 10;
  const gpu::Graph graph = stream.capture([&] {
    add(numbers, addend, numbers, stream);
    add(numbers, 100, numbers, stream);
  });
  addend = 5000;  // arguments are frozen
  CHECK(download<std::int32_t>(numbers, 3, stream) == Numbers{1, 2, 3});
  stream.launch(graph);
  stream.launch(graph);
  CHECK(download<std::int32_t>(numbers, 3, stream) == Numbers{221, 222, 223});
}

TEST_CASE("A graph's transfers read the host when it runs", "[gpu]") {
  const gpu::DeviceBuffer numbers = output<std::int32_t>(3);
  const gpu::PinnedBuffer pinned(12);
  const gpu::PinnedBuffer back(12);
  const gpu::Stream stream;
  const gpu::Graph graph = stream.capture([&] {
    stream.to_device(numbers.data(), pinned.data(), 12);
    add(numbers, 1, numbers, stream);
    stream.to_host(back.data(), numbers.data(), 12);
  });
  for (const std::int32_t first : {10, 20}) {
    for (std::int32_t i = 0; i < 3; ++i) pinned.as<std::int32_t>()[i] = first + i;
    stream.launch(graph);
    stream.synchronise();
    CHECK(back.as<std::int32_t>()[2] == first + 3);
  }
}

TEST_CASE("What fails during a capture leaves the stream usable", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(Numbers{1});
  const gpu::Stream stream;
  CHECK_THROWS_AS(static_cast<void>(stream.capture([&] {
                    add(numbers, 1, numbers, stream);
                    throw std::runtime_error("no");
                  })),
                  std::runtime_error);
  add(numbers, 2, numbers, stream);
  CHECK(download<std::int32_t>(numbers, 1, stream) == Numbers{3});
}

TEST_CASE("Memory that the device doesn't have is refused", "[gpu][api-error]") {
  constexpr std::int64_t kTooMuch = std::int64_t{1} << 50U;
  CHECK_THROWS_WITH(gpu::DeviceBuffer(kTooMuch),
                    Catch::Contains("not enough memory of the GPU") &&
                        Catch::Contains("1073741824 MiB (1125899906842624 bytes)") &&
                        Catch::Contains("--device cpu"));
}

TEST_CASE("Ranges for profilers nest", "[gpu]") {
  const gpu::Range outer("outer");
  CHECK_NOTHROW(gpu::Range("inner"));
}

}  // namespace
}  // namespace pagequest::gpu_test
