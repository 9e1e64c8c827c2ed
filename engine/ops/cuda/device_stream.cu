// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>

#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/platform.h"

namespace pagequest::ops::PQ_CUDA_NS {
namespace {

cudaStream_t native(const Stream& stream) { return static_cast<cudaStream_t>(stream.handle()); }

}  // namespace

// What a destructor's call returns is an error of earlier work, which whoever waits for that work
// hears of.
struct Event::Impl {
  explicit Impl(bool timed) {
    const unsigned flags = timed ? cudaEventDefault : cudaEventDisableTiming;
    check(cudaEventCreateWithFlags(&event, flags), "cudaEventCreateWithFlags");
  }
  ~Impl() { static_cast<void>(cudaEventDestroy(event)); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  cudaEvent_t event = nullptr;
};

struct Graph::Impl {
  explicit Impl(cudaGraph_t graph) {
    check(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
  }
  ~Impl() { static_cast<void>(cudaGraphExecDestroy(executable)); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  cudaGraphExec_t executable = nullptr;
};

struct Stream::Impl {
  Impl() {
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  }
  ~Impl() { static_cast<void>(cudaStreamDestroy(stream)); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  cudaStream_t stream = nullptr;
};

Event::Event(bool timed) : impl_(std::make_unique<Impl>(timed)) {}
Event::~Event() = default;
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(Event&&) noexcept = default;

void Event::record(const Stream& stream) {
  check(cudaEventRecord(impl_->event, native(stream)), "cudaEventRecord");
}

void Event::wait() const { check(cudaEventSynchronize(impl_->event), "cudaEventSynchronize"); }

bool Event::done() const {
  const cudaError_t code = cudaEventQuery(impl_->event);
  if (code == cudaErrorNotReady) return false;
  check(code, "cudaEventQuery");
  return true;
}

std::int64_t Event::elapsed_ns(const Event& from, const Event& to) {
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, from.impl_->event, to.impl_->event),
        "cudaEventElapsedTime");
  return std::llround(static_cast<double>(milliseconds) * 1e6);
}

Graph::Graph(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Graph::~Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;

Stream::Stream() : impl_(std::make_unique<Impl>()) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

void Stream::to_device(void* device, const void* host, std::int64_t bytes) const {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(device, host, static_cast<std::size_t>(bytes), cudaMemcpyHostToDevice,
                        impl_->stream),
        "cudaMemcpyAsync to the device");
}

void Stream::to_host(void* host, const void* device, std::int64_t bytes) const {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(host, device, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost,
                        impl_->stream),
        "cudaMemcpyAsync to the host");
}

void Stream::on_device(void* to, const void* from, std::int64_t bytes) const {
  if (bytes == 0) return;
  check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice,
                        impl_->stream),
        "cudaMemcpyAsync on the device");
}

void Stream::zero(void* device, std::int64_t bytes) const {
  if (bytes == 0) return;
  check(cudaMemsetAsync(device, 0, static_cast<std::size_t>(bytes), impl_->stream),
        "cudaMemsetAsync");
}

void Stream::wait(const Event& event) const {
  check(cudaStreamWaitEvent(impl_->stream, event.impl_->event, 0), "cudaStreamWaitEvent");
}

void Stream::synchronise() const {
  check(cudaStreamSynchronize(impl_->stream), "cudaStreamSynchronize");
}

Graph Stream::capture(const std::function<void()>& work) const {
  check(cudaStreamBeginCapture(impl_->stream, cudaStreamCaptureModeThreadLocal),
        "cudaStreamBeginCapture");
  cudaGraph_t captured = nullptr;
  try {
    work();
  } catch (...) {
    static_cast<void>(cudaStreamEndCapture(impl_->stream, &captured));
    if (captured != nullptr) static_cast<void>(cudaGraphDestroy(captured));
    static_cast<void>(cudaGetLastError());
    throw;
  }
  check(cudaStreamEndCapture(impl_->stream, &captured), "cudaStreamEndCapture");
  struct Destroy {
    cudaGraph_t graph;
    ~Destroy() { static_cast<void>(cudaGraphDestroy(graph)); }
  } const destroy{captured};
  auto impl = std::make_unique<Graph::Impl>(captured);
  // Now rather than in the first launch.
  check(cudaGraphUpload(impl->executable, impl_->stream), "cudaGraphUpload");
  return Graph(std::move(impl));
}

void Stream::launch(const Graph& graph) const {
  check(cudaGraphLaunch(graph.impl_->executable, impl_->stream), "cudaGraphLaunch");
}

void* Stream::handle() const { return impl_->stream; }

}  // namespace pagequest::ops::PQ_CUDA_NS
