// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/ops/cuda/device.h"
#include "engine/ops/cuda/emulator/device.h"
#include "engine/ops/cuda/emulator/kernel.h"

namespace pagequest::ops::emulator {

void submit(void* stream, Kernel kernel) {
  const std::lock_guard lock(the_device().mutex);
  check_shape(kernel);
  static_cast<Queue*>(stream)->add({std::make_shared<const Kernel>(std::move(kernel)), {}});
}

}  // namespace pagequest::ops::emulator

namespace pagequest::ops::PQ_CUDA_NS {

using emulator::Queue;
using emulator::the_device;
using Clock = std::chrono::steady_clock;

struct Event::Impl {
  bool timed = false;
  std::shared_ptr<Queue> queue;  // null: never recorded
  std::uint64_t count = 0;       // of the queue's work that lies before the point
  std::shared_ptr<Clock::time_point> passed;
};

struct Graph::Impl {
  std::vector<emulator::Work> work;
};

struct Stream::Impl {
  std::shared_ptr<Queue> queue;

  void add(std::function<void()> call) const { queue->add({nullptr, std::move(call)}); }
};

Event::Event(bool timed) : impl_(std::make_unique<Impl>()) { impl_->timed = timed; }
Event::~Event() = default;
Event::Event(Event&&) noexcept = default;
Event& Event::operator=(Event&&) noexcept = default;

void Event::record(const Stream& stream) {
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("an event's record");
  impl_->queue = static_cast<Queue*>(stream.handle())->shared_from_this();
  if (impl_->timed) {
    impl_->passed = std::make_shared<Clock::time_point>();
    impl_->queue->add({nullptr, [passed = impl_->passed] { *passed = Clock::now(); }});
  }
  impl_->count = impl_->queue->added();
}

void Event::wait() const {
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("a wait for an event");
  if (impl_->queue != nullptr) the_device().run_until(*impl_->queue, impl_->count);
}

/// A little of the work is done between two questions, so that who polls gets on.
bool Event::done() const {
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("a question for an event");
  if (impl_->queue == nullptr || impl_->queue->taken() >= impl_->count) return true;
  the_device().run_until(*impl_->queue, impl_->queue->taken() + 1);
  return false;
}

std::int64_t Event::elapsed_ns(const Event& from, const Event& to) {
  const std::lock_guard lock(the_device().mutex);
  for (const Event* event : {&from, &to}) {
    PQ_CHECK(event->impl_->timed, "elapsed_ns() of an event that isn't timed");
    PQ_CHECK(event->impl_->queue != nullptr && event->impl_->queue->taken() >= event->impl_->count,
             "elapsed_ns() of an event that isn't done");
  }
  const auto elapsed = *to.impl_->passed - *from.impl_->passed;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count();
}

Graph::Graph(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Graph::~Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;

Stream::Stream() : impl_(std::make_unique<Impl>()) {
  const std::lock_guard lock(the_device().mutex);
  impl_->queue = the_device().add_queue();
}
/// The device keeps the queue until its work is done.
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

void Stream::to_device(void* device, const void* host, std::int64_t bytes) const {
  if (bytes == 0) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().check_buffer(device, bytes);
  the_device().check_pinned(host, bytes);
  impl_->add([=] { std::memcpy(device, host, static_cast<std::size_t>(bytes)); });
}

void Stream::to_host(void* host, const void* device, std::int64_t bytes) const {
  if (bytes == 0) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().check_buffer(device, bytes);
  the_device().check_pinned(host, bytes);
  impl_->add([=] { std::memcpy(host, device, static_cast<std::size_t>(bytes)); });
}

void Stream::on_device(void* to, const void* from, std::int64_t bytes) const {
  if (bytes == 0) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().check_buffer(to, bytes);
  the_device().check_buffer(from, bytes);
  impl_->add([=] { std::memcpy(to, from, static_cast<std::size_t>(bytes)); });
}

void Stream::zero(void* device, std::int64_t bytes) const {
  if (bytes == 0) return;
  const std::lock_guard lock(the_device().mutex);
  the_device().check_buffer(device, bytes);
  impl_->add([=] { std::memset(device, 0, static_cast<std::size_t>(bytes)); });
}

void Stream::wait(const Event& event) const {
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("a wait for an event");
  if (event.impl_->queue == nullptr) return;
  impl_->add([queue = event.impl_->queue, count = event.impl_->count] {
    the_device().run_until(*queue, count);
  });
}

void Stream::synchronise() const {
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("a synchronisation");
  the_device().run_until(*impl_->queue, impl_->queue->added());
}

Graph Stream::capture(const std::function<void()>& work) const {
  const std::lock_guard lock(the_device().mutex);
  the_device().check_not_capturing("another capture");
  impl_->queue->begin_capture();
  try {
    work();
  } catch (...) {
    static_cast<void>(impl_->queue->end_capture());
    throw;
  }
  return Graph(std::make_unique<Graph::Impl>(Graph::Impl{impl_->queue->end_capture()}));
}

void Stream::launch(const Graph& graph) const {
  const std::lock_guard lock(the_device().mutex);
  for (const emulator::Work& work : graph.impl_->work) impl_->queue->add(work);
}

void* Stream::handle() const { return impl_->queue.get(); }

}  // namespace pagequest::ops::PQ_CUDA_NS
