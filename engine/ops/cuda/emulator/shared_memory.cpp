// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/shared_memory.h"

#include <algorithm>
#include <cstring>

#include <sys/mman.h>

#include "base/check.h"
#include "engine/ops/cuda/emulator/memory.h"

// All static __shared__ arrays, where the linker used shared_arrays.ld.
extern "C" {
extern std::byte pq_shared_arrays_begin[] __attribute__((weak, aligned(8)));
extern std::byte pq_shared_arrays_end[] __attribute__((weak, aligned(8)));
}

namespace pagequest::ops::emulator {
namespace {

constexpr std::size_t kAlignment = 128;
constexpr std::size_t kPage = 4096;
// The zone before the dynamic part takes some, too.
constexpr std::size_t kDynamicBytes = (kMostSharedBytes + kPage - 1) / kPage * kPage + kPage;
constexpr std::size_t kGuardBytes = 64 * kPage;

std::size_t rounded(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

std::size_t array_words() {
  return static_cast<std::size_t>(pq_shared_arrays_end - pq_shared_arrays_begin) / 8;
}

volatile std::uint64_t* arrays() {
  return reinterpret_cast<volatile std::uint64_t*>(pq_shared_arrays_begin);
}

// Word by word: AddressSanitizer keeps zones between the arrays, and lets only code that it leaves
// alone touch them.

__attribute__((no_sanitize("address"))) void poison_arrays() {
  for (std::size_t i = 0; i < array_words(); ++i) arrays()[i] = ~std::uint64_t{0};
}

__attribute__((no_sanitize("address"))) void read_arrays(std::uint64_t* to) {
  for (std::size_t i = 0; i < array_words(); ++i) to[i] = arrays()[i];
}

__attribute__((no_sanitize("address"))) void write_arrays(const std::uint64_t* from) {
  for (std::size_t i = 0; i < array_words(); ++i) arrays()[i] = from[i];
}

bool is_poison(const std::byte* begin, const std::byte* end) {
  return std::all_of(begin, end, [](std::byte byte) { return byte == std::byte{kPoison}; });
}

}  // namespace

SharedMemory::SharedMemory() : away_(array_words()) {
  void* memory = mmap(nullptr, kDynamicBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  PQ_CHECK(memory != MAP_FAILED, "no memory for the emulated shared memory");
  end_ = static_cast<std::byte*>(memory) + kDynamicBytes;
  mprotect(end_, kGuardBytes, PROT_NONE);
}

SharedMemory::~SharedMemory() { munmap(end_ - kDynamicBytes, kDynamicBytes + kGuardBytes); }

std::byte* SharedMemory::begin(std::size_t bytes) {
  bytes_ = bytes;
  begin_ = end_ - rounded(bytes);
  std::memset(begin_ - kAlignment, kPoison, rounded(bytes) + kAlignment);
  poison_arrays();
  return begin_;
}

std::string SharedMemory::find_damage() const {
  if (!is_poison(begin_ - kAlignment, begin_)) return "a write before the dynamic shared memory";
  if (!is_poison(begin_ + bytes_, end_)) return "a write behind the dynamic shared memory";
  return {};
}

void SharedMemory::put_away() { read_arrays(away_.data()); }

void SharedMemory::bring_back() { write_arrays(away_.data()); }

bool SharedMemory::is_behind(const void* address) const {
  const auto offset = static_cast<const std::byte*>(address) - end_;
  return offset >= 0 && static_cast<std::size_t>(offset) < kGuardBytes;
}

bool is_static_shared(const void* begin, std::size_t bytes) {
  const auto* from = static_cast<const std::byte*>(begin);
  return from >= pq_shared_arrays_begin && from + bytes <= pq_shared_arrays_end;
}

}  // namespace pagequest::ops::emulator
