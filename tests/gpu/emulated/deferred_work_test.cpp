// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// That the emulator's streams show hosts that don't wait.
#include <functional>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/gpu/emulated/faulty_kernels.h"
#include "tests/gpu/support.h"
#include "tests/gpu/test_kernels.h"

namespace pagequest::gpu_test {
namespace {

using Catch::Contains;
using gpu::faulty::Fault;
using Words = std::vector<std::uint32_t>;

TEST_CASE("Results read before anything waits aren't there", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(Words{1, 2});
  const gpu::PinnedBuffer pinned(8);
  const gpu::Stream stream;
  stream.to_host(pinned.data(), numbers.data(), 8);
  CHECK(pinned.as<std::uint32_t>()[1] == 0xffffffffU);
  stream.synchronise();
  CHECK(pinned.as<std::uint32_t>()[1] == 2);
}

TEST_CASE("What is overwritten before it was sent is sent overwritten", "[gpu]") {
  const gpu::DeviceBuffer numbers = output<std::uint32_t>(1);
  const gpu::PinnedBuffer pinned(4);
  const gpu::Stream stream;
  pinned.as<std::uint32_t>()[0] = 1;
  stream.to_device(numbers.data(), pinned.data(), 4);
  pinned.as<std::uint32_t>()[0] = 2;
  CHECK(download<std::uint32_t>(numbers, 1, stream) == Words{2});
}

TEST_CASE("A stream that doesn't wait for another one runs ahead of it", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(std::vector<std::int32_t>{1});
  const gpu::Stream first;
  const gpu::Stream second;
  auto* number = numbers.as<std::int32_t>();
  gpu::test_kernels::add(number, 10, number, 1, first);
  CHECK(download<std::int32_t>(numbers, 1, second) == std::vector<std::int32_t>{1});
  CHECK(download<std::int32_t>(numbers, 1, first) == std::vector<std::int32_t>{11});
}

TEST_CASE("An event isn't done at once", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(std::vector<std::int32_t>{1});
  const gpu::Stream stream;
  gpu::Event event;
  auto* number = numbers.as<std::int32_t>();
  gpu::test_kernels::add(number, 10, number, 1, stream);
  event.record(stream);
  CHECK(!event.done());
  CHECK(event.done());
}

TEST_CASE("Memory that work still uses is freed after it", "[gpu]") {
  const gpu::PinnedBuffer pinned(4);
  {
    const gpu::DeviceBuffer numbers = upload(Words{5});
    const gpu::Stream stream;
    stream.to_host(pinned.data(), numbers.data(), 4);
  }
  CHECK(pinned.as<std::uint32_t>()[0] == 5);
}

TEST_CASE("Transfers need pinned memory and memory of a buffer", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(Words{1, 2});
  const gpu::PinnedBuffer pinned(8);
  const gpu::Stream stream;
  Words ordinary(2);
  CHECK_THROWS_WITH(stream.to_host(ordinary.data(), numbers.data(), 8), Contains("PinnedBuffer"));
  CHECK_THROWS_WITH(stream.to_device(numbers.data(), ordinary.data(), 8), Contains("PinnedBuffer"));
  CHECK_THROWS_WITH(stream.to_host(pinned.data(), numbers.data() + 4, 8), Contains("DeviceBuffer"));
  CHECK_THROWS_WITH(stream.zero(pinned.data(), 8), Contains("DeviceBuffer"));
}

TEST_CASE("What a GPU refuses during a capture is refused", "[gpu]") {
  const gpu::Stream stream;
  gpu::Event event;
  const auto capture = [&](const std::function<void()>& work) {
    static_cast<void>(stream.capture(work));
  };
  CHECK_THROWS_WITH(capture([&] { stream.synchronise(); }), Contains("captures a graph"));
  CHECK_THROWS_WITH(capture([&] { event.record(stream); }), Contains("captures a graph"));
  CHECK_THROWS_WITH(capture([] { gpu::DeviceBuffer(4); }), Contains("captures a graph"));
  CHECK_NOTHROW(stream.synchronise());
}

TEST_CASE("A failed kernel takes the work behind it along, and no more", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(std::vector<std::int32_t>{1});
  const gpu::Stream stream;
  auto* number = numbers.as<std::int32_t>();
  gpu::faulty::run(Fault::trap, nullptr, 0, stream);
  gpu::test_kernels::add(number, 10, number, 1, stream);
  CHECK_THROWS_AS(stream.synchronise(), Error);
  gpu::test_kernels::add(number, 100, number, 1, stream);
  CHECK(download<std::int32_t>(numbers, 1, stream) == std::vector<std::int32_t>{101});
}

TEST_CASE("A kernel that fails while memory is freed is reported to who waits next", "[gpu]") {
  const gpu::Stream stream;
  {
    const gpu::DeviceBuffer buffer = output<std::uint32_t>(4);
    gpu::faulty::run(Fault::trap, buffer.as<std::uint32_t>(), 4, stream);
  }
  CHECK_THROWS_WITH(stream.synchronise(), Contains("__trap()"));
  CHECK_NOTHROW(stream.synchronise());
}

}  // namespace
}  // namespace pagequest::gpu_test
