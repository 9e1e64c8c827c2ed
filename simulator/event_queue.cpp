// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/event_queue.h"

#include <functional>

#include <boost/heap/d_ary_heap.hpp>

#include "base/check.h"

namespace pagequest::simulator {

struct EventQueue::Heap {
  boost::heap::d_ary_heap<SimEvent, boost::heap::arity<4>,
                          boost::heap::compare<std::greater<SimEvent>>>
      events;
};

EventQueue::EventQueue() : heap_(std::make_unique<Heap>()) {}
EventQueue::~EventQueue() = default;

void EventQueue::push(const SimEvent& event) { heap_->events.push(event); }

SimEvent EventQueue::pop() {
  PQ_CHECK(!empty(), "an event is waiting");
  const SimEvent earliest = heap_->events.top();
  heap_->events.pop();
  PQ_CHECK(empty() || heap_->events.top() != earliest, "event keys are unique");
  return earliest;
}

bool EventQueue::empty() const { return heap_->events.empty(); }
std::size_t EventQueue::size() const { return heap_->events.size(); }

}  // namespace pagequest::simulator
