// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// Stacks that a thread of the system switches between.
namespace pagequest::ops::emulator {

inline constexpr unsigned kStacks = 2048;

struct Fiber {
  void* context = nullptr;  // while it doesn't run
  const void* stack = nullptr;
  std::size_t stack_bytes = 0;
  void* fake_stack = nullptr;  // AddressSanitizer's
};

/// Gives `fiber` stack `number` of a pool (< kStacks) and lets it begin in `entry`, which must
/// switch away rather than return. What ran on that stack before is forgotten.
void prepare(Fiber& fiber, unsigned number, void (*entry)());

/// Goes on in `to`; returns when something switches back to `from`.
void switch_fibers(Fiber& from, Fiber& to);

/// Whether `address` lies between two stacks of the pool: a fiber used all of its own.
[[nodiscard]] bool is_stack_guard(const void* address);

}  // namespace pagequest::ops::emulator
