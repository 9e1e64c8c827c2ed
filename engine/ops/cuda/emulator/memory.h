// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

/// Memory of the emulated device and pinned memory of the host. Fresh memory holds NaN (all bits
/// set), and so do the zones around each buffer.
namespace pagequest::ops::emulator {

inline constexpr int kPoison = 0xff;
inline constexpr std::int64_t kMemoryBytes = std::int64_t{1} << 30U;

/// One address range of the device. The host can touch it only while it is open.
class DeviceMemory {
 public:
  DeviceMemory();
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Null where the device is full. `bytes` > 0.
  [[nodiscard]] std::byte* allocate(std::int64_t bytes);
  void release(std::byte* buffer);

  /// Lets the device's work touch the memory, or the host no longer. Calls nest.
  void open();
  void close();

  [[nodiscard]] bool holds(const void* begin, std::int64_t bytes) const;
  [[nodiscard]] bool is_inside(const void* address) const;
  [[nodiscard]] std::int64_t free_bytes() const { return kMemoryBytes - used_; }
  /// What was written beside a buffer, "" for nothing. Must be open.
  [[nodiscard]] std::string find_damage() const;

 private:
  struct Buffer {
    std::int64_t bytes;
    std::int64_t span;  // with its zones
  };
  [[nodiscard]] std::int64_t find_gap(std::int64_t span) const;

  std::byte* base_ = nullptr;
  std::int64_t top_ = 0;  // end of the last span
  std::int64_t used_ = 0;
  int opened_ = 0;
  std::map<std::int64_t, Buffer> buffers_;  // by offset
};

}  // namespace pagequest::ops::emulator
