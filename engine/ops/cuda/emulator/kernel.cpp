// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/kernel.h"

#include <cstring>
#include <numeric>
#include <string>

#include <sys/mman.h>

#include "base/check.h"
#include "base/error.h"
#include "base/rng.h"
#include "engine/ops/cuda/emulator/block.h"

// All static __shared__ arrays, where the linker used shared_arrays.ld.
extern "C" {
extern std::byte pq_shared_arrays_begin[] __attribute__((weak, aligned(8)));
extern std::byte pq_shared_arrays_end[] __attribute__((weak, aligned(8)));
}

namespace pagequest::ops::emulator {
namespace {

constexpr std::size_t kAlignment = 128;
constexpr std::size_t kPage = 4096;
constexpr std::size_t kSharedPages = (kMostSharedBytes + kPage - 1) / kPage + 1;
constexpr std::size_t kGuardBytes = 64 * kPage;

const DeviceMemory* memory_of_kernel = nullptr;

std::size_t rounded(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// End of the dynamic shared memory; no access works behind it.
std::byte* shared_end() {
  static std::byte* const end = [] {
    constexpr std::size_t kBytes = kSharedPages * kPage;
    void* memory = mmap(nullptr, kBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    PQ_CHECK(memory != MAP_FAILED, "no memory for emulated shared memory");
    mprotect(static_cast<std::byte*>(memory) + kBytes, kGuardBytes, PROT_NONE);
    return static_cast<std::byte*>(memory) + kBytes;
  }();
  return end;
}

std::string text(unsigned x, unsigned y, unsigned z) {
  return "(" + std::to_string(x) + ", " + std::to_string(y) + ", " + std::to_string(z) + ")";
}

Error wrong(const Kernel& kernel, std::string where, std::string found) {
  return device_error({.what = "the emulator found a mistake in a kernel",
                       .where = "launched at " + std::string(kernel.where.file_name()) + ":" +
                                std::to_string(kernel.where.line()) + std::move(where),
                       .found = std::move(found),
                       .expected = {},
                       .hint = {}});
}

/// Not memset: AddressSanitizer keeps zones between the arrays.
__attribute__((no_sanitize("address"))) void poison_arrays() {
  auto* const end = reinterpret_cast<volatile std::uint64_t*>(pq_shared_arrays_end);
  auto* word = reinterpret_cast<volatile std::uint64_t*>(pq_shared_arrays_begin);
  for (; word != end; ++word) *word = ~std::uint64_t{0};
}

/// The block's dynamic shared memory, with 128 bytes before it and what aligns its end.
void poison_dynamic() {
  std::memset(running.shared - kAlignment, kPoison, rounded(running.shared_bytes) + kAlignment);
}

bool is_poison(const std::byte* begin, const std::byte* end) {
  for (; begin != end; ++begin) {
    if (*begin != std::byte{kPoison}) return false;
  }
  return true;
}

std::string find_shared_damage() {
  const std::byte* end = running.shared + running.shared_bytes;
  if (!is_poison(running.shared - kAlignment, running.shared)) {
    return "a write before the dynamic shared memory";
  }
  if (!is_poison(end, shared_end())) return "a write behind the dynamic shared memory";
  return {};
}

/// Numbers below `count` in an order that `seed` draws: i -> (first + i * step) % count.
class Order {
 public:
  Order(std::uint64_t count, std::uint64_t seed) : count_(count), first_(mix64(seed) % count) {
    step_ = mix64(seed + 1) % count | 1U;
    while (std::gcd(step_, count) != 1) ++step_;
  }
  [[nodiscard]] std::uint64_t operator()(std::uint64_t i) const {
    return (first_ + i * step_) % count_;
  }

 private:
  std::uint64_t count_;
  std::uint64_t first_;
  std::uint64_t step_;
};

void run_block(const Kernel& kernel, std::uint64_t number, std::uint64_t seed) {
  const dim3 grid = kernel.grid;
  running.block = {static_cast<unsigned>(number % grid.x),
                   static_cast<unsigned>(number / grid.x % grid.y),
                   static_cast<unsigned>(number / grid.x / grid.y)};
  poison_arrays();
  poison_dynamic();
  std::string found = the_block().run(kernel.body, seed);
  if (found.empty()) found = find_shared_damage();
  if (!found.empty()) {
    const uint3 block = running.block;
    throw wrong(kernel, ", block " + text(block.x, block.y, block.z), found);
  }
}

}  // namespace

void check_shape(const Kernel& kernel) {
  const dim3 grid = kernel.grid;
  const dim3 block = kernel.block;
  const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
  const bool fits = threads >= 1 && threads <= kMostThreads && block.z <= 64 &&
                    grid.x <= 0x7fffffffU && grid.y <= 0xffffU && grid.z <= 0xffffU &&
                    kernel.shared_bytes >= 0 && kernel.shared_bytes <= kMostSharedBytes;
  if (fits) return;
  throw wrong(kernel, {},
              "grid " + text(grid.x, grid.y, grid.z) + ", block " +
                  text(block.x, block.y, block.z) + ", " + std::to_string(kernel.shared_bytes) +
                  " bytes of shared memory, of which a GPU refuses one");
}

void run(const Kernel& kernel, const DeviceMemory& memory, std::uint64_t launch) {
  memory_of_kernel = &memory;
  running.grid_size = kernel.grid;
  running.block_size = kernel.block;
  running.shared_bytes = static_cast<std::size_t>(kernel.shared_bytes);
  running.shared = shared_end() - rounded(running.shared_bytes);
  const std::uint64_t blocks = std::uint64_t{kernel.grid.x} * kernel.grid.y * kernel.grid.z;
  const Order order(blocks, launch);
  for (std::uint64_t i = 0; i < blocks; ++i) run_block(kernel, order(i), mix64(launch) + i);
  const std::string damage = memory.find_damage();
  if (!damage.empty()) throw wrong(kernel, {}, damage);
}

void check_shared(const char* name, const void* begin, std::size_t bytes, std::size_t alignment) {
  const auto* from = static_cast<const std::byte*>(begin);
  const bool dynamic =
      from >= running.shared && from + bytes <= running.shared + running.shared_bytes;
  const bool fixed = from >= pq_shared_arrays_begin && from + bytes <= pq_shared_arrays_end;
  if (!dynamic && !fixed) {
    the_block().fail(
        std::string(name) + " outside shared memory: " + std::to_string(from - running.shared) +
        " bytes from the begin of " + std::to_string(running.shared_bytes) + " dynamic bytes");
  }
  if (reinterpret_cast<std::uintptr_t>(begin) % alignment != 0) {
    the_block().fail(std::string(name) + " of shared memory at no multiple of " +
                     std::to_string(alignment) + " bytes");
  }
}

void check_global(const char* name, const void* begin, std::size_t bytes, std::size_t alignment) {
  if (!memory_of_kernel->holds(begin, static_cast<std::int64_t>(bytes))) {
    the_block().fail(std::string(name) + " outside the buffers of the device");
  }
  if (reinterpret_cast<std::uintptr_t>(begin) % alignment != 0) {
    the_block().fail(std::string(name) + " of memory at no multiple of " +
                     std::to_string(alignment) + " bytes");
  }
}

bool is_behind_shared(const void* address) {
  const auto offset = static_cast<const std::byte*>(address) - shared_end();
  return offset >= 0 && static_cast<std::size_t>(offset) < kGuardBytes;
}

}  // namespace pagequest::ops::emulator
