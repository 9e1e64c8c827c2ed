// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/float_buffer.h"

#include <cstddef>
#include <limits>
#include <string>

#include <sys/mman.h>

#include "base/check.h"
#include "base/error.h"

namespace pagequest::ops {
namespace {

std::size_t bytes_of(std::int64_t count) { return static_cast<std::size_t>(count) * sizeof(float); }

[[noreturn]] void throw_too_large(std::int64_t count) {
  throw usage_error({.what = "not enough address space for a buffer",
                     .where = {},
                     .found = std::to_string(count) + " floats",
                     .expected = {},
                     .hint = "use fewer KV pages or a smaller model"});
}

}  // namespace

FloatBuffer::FloatBuffer(std::int64_t count) : count_(count) {
  PQ_CHECK(count >= 0, "a buffer has a size");
  if (count == 0) return;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 8;
  if (count > kMost) throw_too_large(count);
  void* memory = mmap(nullptr, bytes_of(count), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw_too_large(count);
  // Advice only: without huge pages everything works, slower.
  madvise(memory, bytes_of(count), MADV_HUGEPAGE);
  data_ = static_cast<float*>(memory);
}

FloatBuffer::~FloatBuffer() {
  if (data_ != nullptr) munmap(data_, bytes_of(count_));
}

}  // namespace pagequest::ops
