// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/ops/cuda/emulator/grid.h"
#include "engine/ops/cuda/emulator/memory.h"
#include "engine/ops/cuda/emulator/queue.h"

namespace pagequest::ops::emulator {

/// The emulated GPU. Work runs only when something waits for it, so that a host that reads results
/// or overwrites what it sends too early gets wrong numbers. Of two kernels one behind the other,
/// the second begins first, up to wait_for_previous(). Lock `mutex` to use any of it.
class Device {
 public:
  Device() = default;
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  std::recursive_mutex mutex;
  DeviceMemory memory;

  [[nodiscard]] std::shared_ptr<Queue> add_queue();
  /// Runs the first `count` of a queue's work. Throws what an earlier run_all() kept.
  void run_until(Queue& queue, std::uint64_t count);
  /// Runs all work, that of streams that are gone too. Keeps the error for who waits next.
  void run_all() noexcept;
  [[nodiscard]] std::byte* allocate_pinned(std::int64_t bytes);
  void release_pinned(std::byte* buffer);

  // Throw device_error where a GPU would refuse.
  void check_pinned(const void* begin, std::int64_t bytes) const;
  void check_buffer(const void* begin, std::int64_t bytes) const;
  void check_not_capturing(const char* call) const;

 private:
  void run_waiting(Queue& queue, std::uint64_t count);
  [[nodiscard]] std::unique_ptr<Grid> grid_of(std::shared_ptr<const Kernel> kernel);

  std::vector<std::shared_ptr<Queue>> queues_;
  std::map<const std::byte*, std::int64_t> pinned_;
  std::exception_ptr kept_;
  std::uint64_t launches_ = 0;
};

[[nodiscard]] Device& the_device();

}  // namespace pagequest::ops::emulator
