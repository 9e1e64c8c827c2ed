// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/grid.h"

#include <array>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/rng.h"

namespace pagequest::ops::emulator {
namespace {

const DeviceMemory* memory_of_kernel = nullptr;

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

void check_alignment(const char* name, const void* begin, std::size_t alignment) {
  if (reinterpret_cast<std::uintptr_t>(begin) % alignment == 0) return;
  the_block().fail(std::string(name) + " at no multiple of " + std::to_string(alignment) +
                   " bytes");
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

Workplace& workplace(unsigned number) {
  static std::array<Workplace, 2> places{Workplace(0), Workplace(kMostThreads)};
  return places[number];
}

Grid::Grid(std::shared_ptr<const Kernel> kernel, const DeviceMemory& memory, std::uint64_t launch)
    : kernel_(std::move(kernel)),
      memory_(memory),
      launch_(launch),
      at_(workplace(static_cast<unsigned>(launch % 2))) {
  step_ = mix64(launch) % blocks() | 1U;
  while (std::gcd(step_, blocks()) != 1) ++step_;
}

std::uint64_t Grid::blocks() const {
  return std::uint64_t{kernel_->grid.x} * kernel_->grid.y * kernel_->grid.z;
}

/// A bijection of the numbers below blocks().
std::uint64_t Grid::number_of(std::uint64_t turn) const {
  return (mix64(launch_ + 1) % blocks() + turn * step_) % blocks();
}

void Grid::begin() {
  begin_block(0, true);
  at_.shared.put_away();
  begun_ = true;
}

void Grid::finish() {
  if (begun_) {
    at_.shared.bring_back();
    if (!stop_.ended) stop_ = at_.block.go_on();
    check_stop();
  }
  for (std::uint64_t turn = begun_ ? 1 : 0; turn < blocks(); ++turn) begin_block(turn, false);
  const std::string damage = memory_.find_damage();
  if (!damage.empty()) throw wrong(*kernel_, {}, damage);
}

void Grid::begin_block(std::uint64_t turn, bool held) {
  memory_of_kernel = &memory_;
  const std::uint64_t number = number_of(turn);
  const dim3 grid = kernel_->grid;
  running.grid_size = grid;
  running.block_size = kernel_->block;
  running.block = {static_cast<unsigned>(number % grid.x),
                   static_cast<unsigned>(number / grid.x % grid.y),
                   static_cast<unsigned>(number / grid.x / grid.y)};
  running.shared_bytes = static_cast<std::size_t>(kernel_->shared_bytes);
  running.shared = at_.shared.begin(running.shared_bytes);
  stop_ = at_.block.begin(kernel_->body, mix64(launch_) + turn, held);
  check_stop();
}

void Grid::check_stop() const {
  const std::string found = stop_.mistake.empty() ? at_.shared.find_damage() : stop_.mistake;
  if (found.empty()) return;
  const uint3 block = running.block;
  throw wrong(*kernel_, ", block " + text(block.x, block.y, block.z), found);
}

void check_shared(const char* name, const void* begin, std::size_t bytes, std::size_t alignment) {
  const auto* from = static_cast<const std::byte*>(begin);
  const bool dynamic =
      from >= running.shared && from + bytes <= running.shared + running.shared_bytes;
  if (!dynamic && !is_static_shared(begin, bytes)) {
    the_block().fail(
        std::string(name) + " outside shared memory: " + std::to_string(from - running.shared) +
        " bytes from the begin of " + std::to_string(running.shared_bytes) + " dynamic bytes");
  }
  check_alignment(name, begin, alignment);
}

void check_global(const char* name, const void* begin, std::size_t bytes, std::size_t alignment) {
  if (!memory_of_kernel->holds(begin, static_cast<std::int64_t>(bytes))) {
    the_block().fail(std::string(name) + " outside the buffers of the device");
  }
  check_alignment(name, begin, alignment);
}

}  // namespace pagequest::ops::emulator
