// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "engine/ops/cuda/emulator/block.h"
#include "engine/ops/cuda/emulator/kernel.h"
#include "engine/ops/cuda/emulator/memory.h"
#include "engine/ops/cuda/emulator/shared_memory.h"

namespace pagequest::ops::emulator {

/// Throws device_error where a GPU refuses the launch for its sizes.
void check_shape(const Kernel& kernel);

/// What the blocks of a grid run with, one after another. The next grid begins while one runs, so
/// that there are two.
struct Workplace {
  explicit Workplace(unsigned first_stack) : block(first_stack) {}
  Block block;
  SharedMemory shared;
};
[[nodiscard]] Workplace& workplace(unsigned number);

/// Runs a kernel, block after block, in an order that the number of the launch draws. All throw
/// device_error that names the launch where threads break a rule of CUDA or of platform.h.
class Grid {
 public:
  Grid(std::shared_ptr<const Kernel> kernel, const DeviceMemory& memory, std::uint64_t launch);

  /// Runs one block up to where its threads wait for the kernel before, which is not done.
  void begin();
  /// Runs the rest.
  void finish();

 private:
  [[nodiscard]] std::uint64_t blocks() const;
  void begin_block(std::uint64_t turn, bool held);
  void check_stop() const;
  [[nodiscard]] std::uint64_t number_of(std::uint64_t turn) const;

  std::shared_ptr<const Kernel> kernel_;
  const DeviceMemory& memory_;
  std::uint64_t launch_;
  std::uint64_t step_ = 1;
  Workplace& at_;
  Stop stop_;  // of the block that ran last
  bool begun_ = false;
};

}  // namespace pagequest::ops::emulator
