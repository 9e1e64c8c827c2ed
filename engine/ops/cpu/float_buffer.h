// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

namespace pagequest::ops {

/// A large zero-filled array of floats in memory that the system commits when it is first touched,
/// so a KV pool costs what is used of it. Asks for huge pages: they raised the read bandwidth of a
/// virtual machine by a quarter or more.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  /// Throws usage_error when the address space does not hold `count` floats.
  explicit FloatBuffer(std::int64_t count);
  ~FloatBuffer();
  FloatBuffer(FloatBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  FloatBuffer& operator=(FloatBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  FloatBuffer(const FloatBuffer&) = delete;
  FloatBuffer& operator=(const FloatBuffer&) = delete;

  [[nodiscard]] float* data() { return data_; }
  [[nodiscard]] const float* data() const { return data_; }
  [[nodiscard]] std::int64_t size() const { return count_; }

 private:
  float* data_ = nullptr;
  std::int64_t count_ = 0;
};

}  // namespace pagequest::ops
