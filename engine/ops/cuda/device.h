// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/ops/cuda/namespace.h"

/// A GPU without its headers: memory, streams, events and graphs, each call of the driver checked.
/// All throw Error (kind device) that names the call, the driver's message and what to do.
namespace pagequest::ops::PQ_CUDA_NS {

struct DeviceInfo {
  std::string name;
  int compute_capability = 0;  // major * 10 + minor
  int multiprocessors = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t free_bytes = 0;  // when it was asked for
  std::int64_t l2_bytes = 0;
  std::int64_t shared_bytes = 0;  // of a block, at most
  int clock_mhz = 0;              // of the multiprocessors, at most
  int memory_clock_mhz = 0;
  std::string driver;  // versions, as people write them
  std::string runtime;
};

/// The GPU that this process uses, number 0 of those that CUDA shows. Throws when there is no
/// driver, no GPU, or none that the binary has code for; the hint names `--device cpu`.
[[nodiscard]] DeviceInfo device_info();

/// Memory of the device, uninitialised; freed with the object. `bytes` may be 0.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  explicit DeviceBuffer(std::int64_t bytes);
  ~DeviceBuffer();
  DeviceBuffer(DeviceBuffer&&) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&&) noexcept;

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  template <class T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  std::byte* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

/// Memory of the host that transfers reach without a copy in between.
class PinnedBuffer {
 public:
  PinnedBuffer() = default;
  explicit PinnedBuffer(std::int64_t bytes);
  ~PinnedBuffer();
  PinnedBuffer(PinnedBuffer&&) noexcept;
  PinnedBuffer& operator=(PinnedBuffer&&) noexcept;

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  template <class T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  std::byte* data_ = nullptr;
  std::int64_t bytes_ = 0;
};

class Stream;

/// A point of a stream's work.
class Event {
 public:
  /// `timed`: for elapsed_ns, which costs a little.
  explicit Event(bool timed = false);
  ~Event();
  Event(Event&&) noexcept;
  Event& operator=(Event&&) noexcept;

  void record(const Stream& stream);
  /// Blocks until the work before the point is done; returns at once if it was never recorded.
  void wait() const;
  [[nodiscard]] bool done() const;
  /// Between two timed events that are done.
  [[nodiscard]] static std::int64_t elapsed_ns(const Event& from, const Event& to);

 private:
  friend class Stream;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Work of a stream that was captured once, to be launched as a whole. Kernel arguments are frozen
/// when captured; what they point to is read when the graph runs.
class Graph {
 public:
  ~Graph();
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;

 private:
  friend class Stream;
  struct Impl;
  explicit Graph(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Work in order. Every call returns before its work is done; host memory of a transfer must be
/// pinned and stay unchanged until then.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  void to_device(void* device, const void* host, std::int64_t bytes) const;
  void to_host(void* host, const void* device, std::int64_t bytes) const;
  void on_device(void* to, const void* from, std::int64_t bytes) const;
  void zero(void* device, std::int64_t bytes) const;
  /// What follows here waits for the event's point.
  void wait(const Event& event) const;
  void synchronise() const;

  /// Records what `work` puts into this stream instead of running it.
  [[nodiscard]] Graph capture(const std::function<void()>& work) const;
  void launch(const Graph& graph) const;

  /// cudaStream_t, or the emulator's.
  [[nodiscard]] void* handle() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pagequest::ops::PQ_CUDA_NS
