// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The forms of operator new that are not here (arrays, nothrow) call those that are.
#include "tests/support/allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constinit std::atomic<std::int64_t> counted{0};

void* checked(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  counted.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

}  // namespace

namespace pagequest::testing {

std::int64_t allocations() { return counted.load(std::memory_order_relaxed); }

}  // namespace pagequest::testing

void* operator new(std::size_t size) { return checked(std::malloc(size == 0 ? 1 : size)); }

void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return checked(std::aligned_alloc(align, (size / align + 1) * align));
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(memory);
}
