// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/memory.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <sys/mman.h>

#include "base/check.h"

namespace pagequest::ops::emulator {
namespace {

constexpr std::int64_t kPage = 4096;
constexpr std::int64_t kZone = kPage;                 // before a buffer, and at least behind it
constexpr std::int64_t kLookedAt = 256;               // bytes of a zone
constexpr std::int64_t kReserved = 4 * kMemoryBytes;  // addresses

std::int64_t span_of(std::int64_t bytes) {
  return kZone + (bytes + kPage - 1) / kPage * kPage + kZone;
}

/// First byte that is no longer poison, or `bytes`.
std::int64_t first_change(const std::byte* zone, std::int64_t bytes) {
  std::int64_t i = 0;
  while (i < bytes && zone[i] == std::byte{kPoison}) ++i;
  return i;
}

bool is_intact(const std::byte* zone) {
  static const auto kIntact = [] {
    std::array<std::byte, kLookedAt> bytes{};
    bytes.fill(std::byte{kPoison});
    return bytes;
  }();
  return std::memcmp(zone, kIntact.data(), kLookedAt) == 0;
}

}  // namespace

DeviceMemory::DeviceMemory() {
  void* memory =
      mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  PQ_CHECK(memory != MAP_FAILED, "no addresses for the emulated device's memory");
  base_ = static_cast<std::byte*>(memory);
}

DeviceMemory::~DeviceMemory() { munmap(base_, kReserved); }

/// Offset of the first gap of `span` bytes.
std::int64_t DeviceMemory::find_gap(std::int64_t span) const {
  std::int64_t begin = 0;
  for (const auto& [offset, buffer] : buffers_) {
    if (offset - kZone - begin >= span) break;
    begin = offset - kZone + buffer.span;
  }
  return begin;
}

std::byte* DeviceMemory::allocate(std::int64_t bytes) {
  const std::int64_t span = span_of(bytes);
  if (bytes > free_bytes()) return nullptr;
  const std::int64_t begin = find_gap(span);
  if (begin + span > kReserved) return nullptr;
  buffers_[begin + kZone] = {bytes, span};
  top_ = std::max(top_, begin + span);
  used_ += bytes;
  mprotect(base_ + begin, static_cast<std::size_t>(span), PROT_READ | PROT_WRITE);
  std::memset(base_ + begin, kPoison, static_cast<std::size_t>(span));
  if (opened_ == 0) mprotect(base_ + begin, static_cast<std::size_t>(span), PROT_NONE);
  return base_ + begin + kZone;
}

void DeviceMemory::release(std::byte* buffer) {
  const auto found = buffers_.find(buffer - base_);
  PQ_CHECK(found != buffers_.end(), "freed what is no buffer of the device");
  const auto span = static_cast<std::size_t>(found->second.span);
  madvise(buffer - kZone, span, MADV_DONTNEED);
  mprotect(buffer - kZone, span, PROT_NONE);
  used_ -= found->second.bytes;
  buffers_.erase(found);
}

void DeviceMemory::open() {
  if (opened_++ > 0) return;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  const auto open_until_end = [&] {
    if (end > begin) {
      mprotect(base_ + begin, static_cast<std::size_t>(end - begin), PROT_READ | PROT_WRITE);
    }
  };
  for (const auto& [offset, buffer] : buffers_) {
    if (offset - kZone != end) {
      open_until_end();
      begin = offset - kZone;
    }
    end = offset - kZone + buffer.span;
  }
  open_until_end();
}

void DeviceMemory::close() {
  if (--opened_ > 0 || top_ == 0) return;
  mprotect(base_, static_cast<std::size_t>(top_), PROT_NONE);
}

bool DeviceMemory::is_inside(const void* address) const {
  const auto offset = static_cast<const std::byte*>(address) - base_;
  return offset >= 0 && offset < kReserved;
}

bool DeviceMemory::holds(const void* begin, std::int64_t bytes) const {
  if (!is_inside(begin)) return false;
  const std::int64_t offset = static_cast<const std::byte*>(begin) - base_;
  auto after = buffers_.upper_bound(offset);
  if (after == buffers_.begin()) return false;
  --after;
  return offset + bytes <= after->first + after->second.bytes;
}

std::string DeviceMemory::find_damage() const {
  for (const auto& [offset, buffer] : buffers_) {
    const std::byte* begin = base_ + offset;
    const std::byte* end = begin + buffer.bytes;
    if (is_intact(begin - kLookedAt) && is_intact(end)) continue;
    const std::int64_t behind = first_change(end, kLookedAt);
    const std::string place = behind < kLookedAt
                                  ? std::to_string(behind) + " bytes behind"
                                  : "less than " + std::to_string(kLookedAt) + " bytes before";
    return "a write " + place + " a buffer of " + std::to_string(buffer.bytes) + " bytes";
  }
  return {};
}

}  // namespace pagequest::ops::emulator
