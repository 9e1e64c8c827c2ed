// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <source_location>

#include "engine/ops/cuda/emulator/vectors.h"

namespace pagequest::ops::emulator {

/// A launch with its arguments.
struct Kernel {
  std::function<void()> body;  // of one thread
  dim3 grid;
  dim3 block;
  int shared_bytes = 0;
  std::source_location where;  // of the launch
};

/// Puts the kernel into the stream with this handle. Throws device_error where a GPU refuses.
void submit(void* stream, Kernel kernel);

/// For the thread that runs: fails unless [begin, begin + bytes) is shared memory of its block, or
/// memory of the device, and `begin` is a multiple of `alignment`. `name`: of the instruction.
void check_shared(const char* name, const void* begin, std::size_t bytes, std::size_t alignment);
void check_global(const char* name, const void* begin, std::size_t bytes, std::size_t alignment);

}  // namespace pagequest::ops::emulator
