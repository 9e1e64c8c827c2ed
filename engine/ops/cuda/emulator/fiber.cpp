// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/fiber.h"

#include <boost/context/detail/fcontext.hpp>
#include <sys/mman.h>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace pagequest::ops::emulator {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

constexpr std::size_t kGuardBytes = 4096;
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStackBytes = 512 * 1024;
#else
constexpr std::size_t kStackBytes = 64 * 1024;
#endif
constexpr std::size_t kStride = kStackBytes + kGuardBytes;

std::byte* map_stacks() {
  void* memory = mmap(nullptr, kStacks * kStride, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  PQ_CHECK(memory != MAP_FAILED, "no memory for the stacks of emulated threads");
  auto* stacks = static_cast<std::byte*>(memory);
  for (std::size_t i = 0; i < kStacks; ++i) mprotect(stacks + i * kStride, kGuardBytes, PROT_NONE);
  return stacks;
}

std::byte* stacks() {
  static std::byte* const memory = map_stacks();
  return memory;
}

void (*entry_of_new)() = nullptr;

void finish_switch(transfer_t from, void* fake_stack) {
  auto* previous = static_cast<Fiber*>(from.data);
  previous->context = from.fctx;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack, &previous->stack, &previous->stack_bytes);
#else
  static_cast<void>(fake_stack);
#endif
}

void begin(transfer_t from) {
  finish_switch(from, nullptr);
  entry_of_new();
}

}  // namespace

void prepare(Fiber& fiber, unsigned number, void (*entry)()) {
  std::byte* low = stacks() + number * kStride + kGuardBytes;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(low, kStackBytes);
#endif
  // Tops at different places of a page, lest all stacks compete for the same lines of the cache.
  const std::size_t used = kStackBytes - (number % 28) * 128;
  entry_of_new = entry;
  fiber = {make_fcontext(low + used, used, &begin), low, kStackBytes, nullptr};
}

void switch_fibers(Fiber& from, Fiber& to) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.stack_bytes);
#endif
  finish_switch(jump_fcontext(to.context, &from), from.fake_stack);
}

bool is_stack_guard(const void* address) {
  const auto offset = static_cast<const std::byte*>(address) - stacks();
  if (offset < 0 || static_cast<std::size_t>(offset) >= kStacks * kStride) return false;
  return static_cast<std::size_t>(offset) % kStride < kGuardBytes;
}

}  // namespace pagequest::ops::emulator
