// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/emulator/device.h"
#include "engine/ops/cuda/emulator/faults.h"
#include "engine/ops/cuda/errors.h"
#include "engine/ops/cuda/range.h"

namespace pagequest::ops::PQ_CUDA_NS {

using emulator::the_device;

DeviceInfo device_info() {
  const std::lock_guard lock(the_device().mutex);
  DeviceInfo info;
  info.name = "emulated GPU";
  info.compute_capability = 90;
  info.multiprocessors = 4;
  info.memory_bytes = emulator::kMemoryBytes;
  info.free_bytes = the_device().memory.free_bytes();
  info.l2_bytes = std::int64_t{1} << 20U;
  info.shared_bytes = emulator::kMostSharedBytes;
  info.clock_mhz = 1;
  info.memory_clock_mhz = 1;
  info.driver = "emulated";
  info.runtime = "emulated";
  return info;
}

DeviceBuffer::DeviceBuffer(std::int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("an allocation");
  emulator::explain_faults();
  data_ = the_device().memory.allocate(bytes);
  if (data_ != nullptr) return;
  throw out_of_memory_error("memory of the GPU", bytes, the_device().memory.free_bytes(),
                            emulator::kMemoryBytes);
}

DeviceBuffer::~DeviceBuffer() {
  if (data_ == nullptr) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().run_all();
  the_device().memory.release(data_);
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

PinnedBuffer::PinnedBuffer(std::int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("an allocation");
  data_ = the_device().allocate_pinned(bytes);
}

PinnedBuffer::~PinnedBuffer() {
  if (data_ == nullptr) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().run_all();
  the_device().release_pinned(data_);
}

PinnedBuffer::PinnedBuffer(PinnedBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

PinnedBuffer& PinnedBuffer::operator=(PinnedBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Range::Range(const char* /*name*/) {}
Range::~Range() = default;

}  // namespace pagequest::ops::PQ_CUDA_NS
