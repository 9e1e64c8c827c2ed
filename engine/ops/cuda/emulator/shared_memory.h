// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pagequest::ops::emulator {

inline constexpr int kMostSharedBytes = 227 * 1024;  // of a block; compute capability 9.0

/// Shared memory of a block: a dynamic part of its own, and the static __shared__ arrays of all
/// kernels, which blocks take turns to use.
class SharedMemory {
 public:
  SharedMemory();
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  /// Fills all with NaN. Returns where the dynamic part of `bytes` begins, which is such that an
  /// access behind it faults or is found by find_damage().
  std::byte* begin(std::size_t bytes);
  /// What was written beside the dynamic part, "" for nothing.
  [[nodiscard]] std::string find_damage() const;

  /// Keeps the arrays while another block uses them.
  void put_away();
  void bring_back();

  /// Whether `address` lies so far behind the dynamic part that it faults.
  [[nodiscard]] bool is_behind(const void* address) const;

 private:
  std::byte* end_ = nullptr;    // of the dynamic part, rounded up
  std::byte* begin_ = nullptr;  // of the dynamic part
  std::size_t bytes_ = 0;
  std::vector<std::uint64_t> away_;
};

/// Whether [begin, begin + bytes) lies in the static arrays.
[[nodiscard]] bool is_static_shared(const void* begin, std::size_t bytes);

}  // namespace pagequest::ops::emulator
