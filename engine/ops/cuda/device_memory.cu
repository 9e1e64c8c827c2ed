// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/errors.h"
#include "engine/ops/cuda/platform.h"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

[[noreturn]] void throw_out_of_memory(const char* kind, std::int64_t bytes) {
  static_cast<void>(cudaGetLastError());
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  throw out_of_memory_error(kind, bytes, static_cast<std::int64_t>(free),
                            static_cast<std::int64_t>(total));
}

}  // namespace

DeviceBuffer::DeviceBuffer(std::int64_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* memory = nullptr;
  const cudaError_t code = cudaMalloc(&memory, static_cast<std::size_t>(bytes));
  if (code == cudaErrorMemoryAllocation) throw_out_of_memory("memory of the GPU", bytes);
  check(code, "cudaMalloc");
  data_ = static_cast<std::byte*>(memory);
}

/// An error is one of earlier work, which whoever waits for that work hears of.
DeviceBuffer::~DeviceBuffer() {
  if (data_ != nullptr) static_cast<void>(cudaFree(data_));
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
  void* memory = nullptr;
  const cudaError_t code = cudaMallocHost(&memory, static_cast<std::size_t>(bytes));
  if (code == cudaErrorMemoryAllocation) throw_out_of_memory("pinned memory of the host", bytes);
  check(code, "cudaMallocHost");
  data_ = static_cast<std::byte*>(memory);
}

PinnedBuffer::~PinnedBuffer() {
  if (data_ != nullptr) static_cast<void>(cudaFreeHost(data_));
}

PinnedBuffer::PinnedBuffer(PinnedBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

PinnedBuffer& PinnedBuffer::operator=(PinnedBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace pagequest::ops::PQ_CUDA_NS
