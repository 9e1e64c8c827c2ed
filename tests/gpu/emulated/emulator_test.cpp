// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// That the emulator notices what would go wrong on a GPU. What it computes is tested by
// platform_test.cpp.
#include <algorithm>
#include <csignal>
#include <functional>
#include <numeric>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tests/gpu/emulated/faulty_kernels.h"
#include "tests/gpu/support.h"
#include "tests/gpu/test_kernels.h"

namespace pagequest::gpu_test {
namespace {

using Catch::Contains;
using gpu::faulty::Fault;
using Words = std::vector<std::uint32_t>;

std::string complaint_about(Fault fault) {
  const gpu::DeviceBuffer buffer = output<std::uint32_t>(40);
  const gpu::Stream stream;
  gpu::faulty::run(fault, buffer.as<std::uint32_t>(), 40, stream);
  try {
    stream.synchronise();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::device);
    return error.what();
  }
  return "nothing";
}

TEST_CASE("A complaint names the launch, the block and the thread", "[gpu]") {
  CHECK_THAT(complaint_about(Fault::trap),
             Contains("launched at ") && Contains("faulty_kernels.cu:") &&
                 Contains("block (0, 0, 0)") && Contains("lane") && Contains("__trap()"));
}

TEST_CASE("Lanes that don't meet are noticed", "[gpu]") {
  const auto check = [](Fault fault, const auto&... parts) {
    const std::string complaint = complaint_about(fault);
    for (const std::string part : {parts...}) CHECK_THAT(complaint, Contains(part));
  };
  check(Fault::lanes_in_other_collective, "__shfl_sync of lanes 0xffffffff at", "__ballot_sync of");
  check(Fault::lane_in_barrier, "waits in __syncwarp", "but lane 3 in __syncthreads");
  check(Fault::lane_returned, "waits in __syncwarp", "but lane 3 has returned");
  check(Fault::lane_outside_block, "waits in __syncwarp", "but lane 8 is outside the block");
  check(Fault::lane_outside_mask, "lane 3 of warp 0", "leaves out the lane itself");
  check(Fault::shuffle_from_outside_mask, "reads lane", "which the mask leaves out");
}

TEST_CASE("A barrier that a thread misses is noticed", "[gpu]") {
  CHECK_THAT(complaint_about(Fault::barrier_not_reached), Contains("waits in __syncthreads") &&
                                                              Contains("but thread (5, 0, 0)") &&
                                                              Contains("has returned"));
  CHECK_THAT(complaint_about(Fault::different_barriers),
             Contains("__syncthreads at") && Contains("__syncthreads_or at"));
}

TEST_CASE("A thread that doesn't wait for the kernel before is noticed", "[gpu]") {
  CHECK_THAT(complaint_about(Fault::no_wait_for_previous),
             Contains("thread (4, 0, 0)") && Contains("wait_for_previous"));
}

TEST_CASE("Accesses that a GPU refuses are noticed", "[gpu]") {
  CHECK_THAT(complaint_about(Fault::misaligned_tiles), Contains("no multiple of 16"));
  CHECK_THAT(complaint_about(Fault::tiles_outside_shared), Contains("outside shared memory"));
  CHECK_THAT(complaint_about(Fault::misaligned_copy), Contains("no multiple of 16"));
  CHECK_THAT(complaint_about(Fault::copy_from_outside_buffer), Contains("outside the buffers"));
  CHECK_THAT(complaint_about(Fault::copy_outside_shared), Contains("outside shared memory"));
  CHECK_THAT(complaint_about(Fault::misaligned_load), Contains("no multiple of 16"));
}

TEST_CASE("Writes behind memory are noticed", "[gpu]") {
  CHECK_THAT(complaint_about(Fault::write_behind_shared),
             Contains("a write behind the dynamic shared memory"));
  CHECK_THAT(complaint_about(Fault::write_behind_buffer),
             Contains("a write 0 bytes behind a buffer of 160 bytes"));
}

TEST_CASE("Launches that a GPU refuses are refused", "[gpu]") {
  const gpu::Stream stream;
  CHECK_THROWS_WITH(gpu::faulty::launch_shape(1025, 0, stream), Contains("block (1025, 1, 1)"));
  CHECK_THROWS_WITH(gpu::faulty::launch_shape(0, 0, stream), Contains("block (0, 1, 1)"));
  CHECK_THROWS_WITH(gpu::faulty::launch_shape(1, 227 * 1024 + 1, stream), Contains("232449"));
  gpu::faulty::launch_shape(1024, 227 * 1024, stream);
  CHECK_NOTHROW(stream.synchronise());
}

TEST_CASE("Each block finds its shared memory poisoned", "[gpu]") {
  const std::size_t count = 3 * 2 * gpu::faulty::kSharedWords;
  const gpu::DeviceBuffer found = output<std::uint32_t>(count);
  const gpu::Stream stream;
  stream.zero(found.data(), found.bytes());
  gpu::faulty::read_fresh_shared(found.as<std::uint32_t>(), 3, stream);
  CHECK(download<std::uint32_t>(found, count, stream) == Words(count, 0xffffffffU));
}

TEST_CASE("An asynchronous copy that nobody waits for doesn't arrive", "[gpu]") {
  const gpu::DeviceBuffer from = upload(Words(128, 5));
  const gpu::DeviceBuffer to = output<std::uint32_t>(128);
  const gpu::Stream stream;
  gpu::faulty::copy_without_wait(from.as<std::uint32_t>(), to.as<std::uint32_t>(), stream);
  CHECK(download<std::uint32_t>(to, 128, stream) == Words(128, 0xffffffffU));
}

TEST_CASE("A missing barrier between warps changes results", "[gpu]") {
  const std::size_t blocks = 50;
  const gpu::DeviceBuffer from = upload(std::vector<float>(blocks * 256, 1.0F));
  const gpu::DeviceBuffer sums = output<float>(blocks);
  const gpu::Stream stream;
  gpu::test_kernels::block_sums(from.as<float>(), 256, sums.as<float>(), blocks, false, stream);
  const auto got = download<float>(sums, blocks, stream);
  CHECK(std::any_of(got.begin(), got.end(), [](float sum) { return sum != 256; }));
}

TEST_CASE("A missing barrier between lanes changes results", "[gpu]") {
  const gpu::DeviceBuffer found = output<std::uint32_t>(32);
  const gpu::Stream stream;
  gpu::faulty::neighbours_without_barrier(found.as<std::uint32_t>(), 1, stream);
  const Words got = download<std::uint32_t>(found, 32, stream);
  CHECK(std::count(got.begin(), got.end(), 0xffffffffU) > 0);
}

TEST_CASE("Blocks run in another order each time, every one once", "[gpu]") {
  const std::int32_t blocks = GENERATE(1, 2, 97, 128);
  const auto count = static_cast<std::size_t>(blocks);
  const gpu::DeviceBuffer order = output<std::uint32_t>(count);
  const gpu::DeviceBuffer counter = output<std::uint32_t>(1);
  const gpu::Stream stream;
  std::vector<Words> orders;
  for (int i = 0; i < 50; ++i) {  // two blocks: all orders alike once in 2^49 runs
    stream.zero(counter.data(), counter.bytes());
    gpu::faulty::block_order(order.as<std::uint32_t>(), counter.as<std::uint32_t>(), blocks,
                             stream);
    orders.push_back(download<std::uint32_t>(order, count, stream));
  }
  const bool alike = std::equal(orders.begin() + 1, orders.end(), orders.begin());
  CHECK(alike == (blocks == 1));
  Words sorted = orders.front();
  std::sort(sorted.begin(), sorted.end());
  Words each(count);
  std::iota(each.begin(), each.end(), 0U);
  CHECK(sorted == each);
}

TEST_CASE("A kernel that reads before it waits for the one before gets what was there", "[gpu]") {
  const gpu::DeviceBuffer numbers = upload(std::vector<std::int32_t>{1});
  const gpu::DeviceBuffer found = output<std::int32_t>(1);
  const gpu::Stream stream;
  const bool in_graph = GENERATE(false, true);
  const auto work = [&] {
    auto* number = numbers.as<std::int32_t>();
    gpu::test_kernels::add(number, 10, number, 1, stream);
    gpu::faulty::read_early(number, found.as<std::int32_t>(), stream);
  };
  if (in_graph) {
    const gpu::Graph graph = stream.capture(work);
    stream.launch(graph);
  } else {
    work();
  }
  CHECK(download<std::int32_t>(found, 1, stream) == std::vector<std::int32_t>{1});
}

/// What a child process says on its standard error before a fault ends it.
std::string last_words(const std::function<void()>& work) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    std::signal(SIGSEGV, SIG_DFL);
    work();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  for (char c = 0; read(ends[0], &c, 1) == 1;) text += c;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  return text;
}

TEST_CASE("A host that touches device memory is stopped and told", "[gpu]") {
  const std::string words = last_words([] {
    const gpu::DeviceBuffer buffer(100);
    *buffer.as<volatile int>() = 1;
  });
  CHECK_THAT(words, Contains("the host touched device memory"));
}

TEST_CASE("A kernel that uses memory after it was freed is stopped and told", "[gpu]") {
  const std::string words = last_words([] {
    auto* number = gpu::DeviceBuffer(100).as<std::int32_t>();
    const gpu::DeviceBuffer keeps_distance(100000);
    const gpu::Stream stream;
    gpu::test_kernels::add(number + 30000, 1, number + 30000, 1, stream);
    stream.synchronise();
  });
  CHECK_THAT(words, Contains("a kernel touched device memory that belongs to no buffer"));
}

}  // namespace
}  // namespace pagequest::gpu_test
