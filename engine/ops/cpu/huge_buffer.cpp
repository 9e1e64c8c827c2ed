// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/huge_buffer.h"

#include <limits>
#include <memory>
#include <string>

#include <sys/mman.h>

#include "base/check.h"
#include "base/error.h"

namespace pagequest::ops {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

[[noreturn]] void throw_too_large(std::int64_t bytes) {
  throw usage_error({.what = "not enough address space for a buffer",
                     .where = {},
                     .found = std::to_string(bytes) + " bytes",
                     .expected = {},
                     .hint = "use fewer KV pages or a smaller model"});
}

}  // namespace

HugeBuffer::HugeBuffer(std::int64_t bytes) : size_(bytes) {
  PQ_CHECK(bytes >= 0, "a buffer has a size");
  if (bytes == 0) return;
  if (bytes > std::numeric_limits<std::int64_t>::max() / 2) throw_too_large(bytes);
  // Small buffers would waste most of a huge page.
  const bool huge = static_cast<std::size_t>(bytes) >= kHugePage;
  mapped_ = static_cast<std::size_t>(bytes) + (huge ? kHugePage : 0);
  mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED) {
    mapping_ = nullptr;
    throw_too_large(bytes);
  }
  void* begin = mapping_;
  std::size_t room = mapped_;
  if (huge) {
    begin = std::align(kHugePage, static_cast<std::size_t>(bytes), begin, room);
    // Advice only: without huge pages everything works, slower.
    madvise(begin, static_cast<std::size_t>(bytes), MADV_HUGEPAGE);
  }
  data_ = static_cast<std::byte*>(begin);
}

HugeBuffer::~HugeBuffer() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_);
}

}  // namespace pagequest::ops
