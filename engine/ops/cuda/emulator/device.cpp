// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/device.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/ops/cuda/emulator/faults.h"

namespace pagequest::ops::emulator {
namespace {

constexpr std::align_val_t kPinnedAlignment{256};

/// The device's memory can be touched while this lives.
class Open {
 public:
  explicit Open(DeviceMemory& memory) : memory_(memory) { memory_.open(); }
  ~Open() { memory_.close(); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

 private:
  DeviceMemory& memory_;
};

void print(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "emulated GPU: %s\n", e.what());
  }
}

}  // namespace

Device& the_device() {
  static Device device;
  return device;
}

/// Nobody waited after an error that no one has seen.
Device::~Device() {
  if (kept_ != nullptr) std::_Exit(EXIT_FAILURE);
}

std::shared_ptr<Queue> Device::add_queue() {
  std::erase_if(queues_, [](const auto& queue) {
    return queue.use_count() == 1 && queue->taken() == queue->added();
  });
  queues_.push_back(std::make_shared<Queue>());
  return queues_.back();
}

void Device::run_until(Queue& queue, std::uint64_t count) {
  if (kept_ != nullptr) std::rethrow_exception(std::exchange(kept_, nullptr));
  if (queue.taken() < count) run_waiting(queue, count);
}

/// What throws takes all work that waits in the queue with it.
void Device::run_waiting(Queue& queue, std::uint64_t count) try {
  explain_faults();
  const Open open(memory);
  std::unique_ptr<Grid> begun;
  while (queue.taken() < count) {
    const Work work = queue.take();
    if (work.kernel == nullptr) {
      work.call();
      continue;
    }
    const std::unique_ptr<Grid> grid = begun != nullptr ? std::move(begun) : grid_of(work.kernel);
    if (queue.taken() < count && queue.front().kernel != nullptr) {
      begun = grid_of(queue.front().kernel);
      begun->begin();
    }
    grid->finish();
  }
} catch (...) {
  queue.drop_all();
  throw;
}

std::unique_ptr<Grid> Device::grid_of(std::shared_ptr<const Kernel> kernel) {
  return std::make_unique<Grid>(std::move(kernel), memory, ++launches_);
}

void Device::run_all() noexcept {
  const auto queues = queues_;
  for (const auto& queue : queues) {
    if (queue->taken() == queue->added()) continue;
    try {
      run_waiting(*queue, queue->added());
    } catch (...) {
      print(std::current_exception());
      if (std::uncaught_exceptions() == 0) kept_ = std::current_exception();
    }
  }
}

std::byte* Device::allocate_pinned(std::int64_t bytes) {
  const auto count = static_cast<std::size_t>(bytes);
  auto* buffer = static_cast<std::byte*>(::operator new(count, kPinnedAlignment));
  std::memset(buffer, kPoison, count);
  pinned_[buffer] = bytes;
  return buffer;
}

void Device::release_pinned(std::byte* buffer) {
  PQ_CHECK(pinned_.erase(buffer) == 1, "freed what is no pinned memory");
  ::operator delete(buffer, kPinnedAlignment);
}

void Device::check_pinned(const void* begin, std::int64_t bytes) const {
  const auto* from = static_cast<const std::byte*>(begin);
  auto after = pinned_.upper_bound(from);
  if (after != pinned_.begin()) {
    --after;
    if (from + bytes <= after->first + after->second) return;
  }
  throw device_error({.what = "a transfer that isn't safe",
                      .where = {},
                      .found = std::to_string(bytes) + " bytes of the host, not all pinned",
                      .expected = "memory of a PinnedBuffer",
                      .hint = {}});
}

void Device::check_buffer(const void* begin, std::int64_t bytes) const {
  if (memory.holds(begin, bytes)) return;
  throw device_error({.what = "a transfer that no GPU does",
                      .where = {},
                      .found = std::to_string(bytes) + " bytes, not all inside a buffer",
                      .expected = "memory of a DeviceBuffer",
                      .hint = {}});
}

void Device::check_not_capturing(const char* call) const {
  const bool capturing = std::any_of(queues_.begin(), queues_.end(),
                                     [](const auto& queue) { return queue->is_capturing(); });
  if (!capturing) return;
  throw device_error({.what = std::string(call) + " while a stream captures a graph",
                      .where = {},
                      .found = {},
                      .expected = "only transfers and kernels of that stream",
                      .hint = {}});
}

}  // namespace pagequest::ops::emulator
