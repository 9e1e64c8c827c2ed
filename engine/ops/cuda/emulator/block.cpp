// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/block.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

#include "base/rng.h"
#include "engine/ops/cuda/emulator/block_report.h"

namespace pagequest::ops::emulator {
namespace {

Block* block_that_runs = nullptr;

/// Ends the run of a block.
struct Failure {
  std::string found;
};

uint3 thread_index(unsigned number, const dim3& size) {
  return {number % size.x, number / size.x % size.y, number / (size.x * size.y)};
}

}  // namespace

Block& the_block() { return *block_that_runs; }

Stop Block::begin(const std::function<void()>& body, std::uint64_t seed, bool held) {
  body_ = &body;
  holds_ = held;
  reset(seed);
  return run();
}

Stop Block::go_on() {
  holds_ = false;
  held_ = 0;
  ready_warps_ = 0;
  for (unsigned w = 0; w * kLanes < count_; ++w) {
    warps_[w].ready |= std::exchange(warps_[w].held, 0U);
    if (warps_[w].ready != 0) ready_warps_ |= 1U << w;
  }
  running = mine_;
  return run();
}

Stop Block::run() {
  block_that_runs = this;
  running.thread = &thread(choose_warp(), 0);
  running.thread = choose();
  switch_fibers(main_, running.thread->fiber);
  running.thread = nullptr;
  mine_ = running;
  return {returned_ == count_, std::exchange(failure_, {})};
}

void Block::reset(std::uint64_t seed) {
  const dim3 size = running.block_size;
  count_ = size.x * size.y * size.z;
  random_ = mix64(seed) | 1U;
  at_barrier_ = 0;
  returned_ = 0;
  held_ = 0;
  ready_warps_ = 0;
  for (unsigned w = 0; w * kLanes < count_; ++w) {
    const unsigned lanes = std::min(kLanes, count_ - w * kLanes);
    const unsigned there = lanes == kLanes ? ~0U : (1U << lanes) - 1;
    warps_[w] = {there, 0, 0, ~there};
    ready_warps_ |= 1U << w;
  }
  for (unsigned i = 0; i < count_; ++i) {
    Thread& thread = threads_[i];
    thread.index = thread_index(i, size);
    thread.warp = i / kLanes;
    thread.lane = i % kLanes;
    thread.waited_for_previous = false;
    thread.copies.clear();
    prepare(thread.fiber, first_stack_ + i, &Block::thread_main);
  }
}

void Block::thread_main() {
  Block& block = the_block();
  try {
    (*block.body_)();
    block.end_thread();
  } catch (Failure& failure) {
    block.failure_ = std::move(failure.found);
  }
  // The other fibers stay where they are; the next run begins them anew.
  switch_fibers(running.thread->fiber, block.main_);
  std::abort();  // nothing resumes it
}

void Block::end_thread() {
  Thread& self = *running.thread;
  if (!self.waited_for_previous) fail("it returns without having called wait_for_previous()");
  Warp& warp = warps_[self.warp];
  warp.ready &= ~(1U << self.lane);
  warp.returned |= 1U << self.lane;
  if (++returned_ < count_) suspend();
}

void Block::wait_for_previous() {
  Thread& self = *running.thread;
  self.waited_for_previous = true;
  if (!holds_) return;
  Warp& warp = warps_[self.warp];
  warp.ready &= ~(1U << self.lane);
  warp.held |= 1U << self.lane;
  ++held_;
  suspend();
}

void Block::gather(const Rendezvous& rendezvous) {
  Thread& self = *running.thread;
  Warp& warp = warps_[self.warp];
  if ((rendezvous.mask >> self.lane & 1U) == 0) {
    fail("it calls " + describe(rendezvous) + ", which leaves out the lane itself");
  }
  self.rendezvous = rendezvous;
  warp.gathering |= 1U << self.lane;
  if (!all_wait_alike(rendezvous)) {
    warp.ready &= ~(1U << self.lane);
    suspend();
    return;
  }
  std::array<void*, kLanes> operands{};
  for (unsigned rest = rendezvous.mask; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(rest));
    operands[lane] = thread(self.warp, lane).rendezvous.operand;
  }
  rendezvous.perform(operands.data(), rendezvous.mask);
  warp.gathering &= ~rendezvous.mask;
  warp.ready |= rendezvous.mask;
}

bool Block::all_wait_alike(const Rendezvous& rendezvous) {
  const unsigned w = running.thread->warp;
  if ((rendezvous.mask & ~warps_[w].gathering) != 0) return false;
  for (unsigned rest = rendezvous.mask; rest != 0; rest &= rest - 1) {
    const auto lane = static_cast<unsigned>(std::countr_zero(rest));
    if (!alike(rendezvous, thread(w, lane).rendezvous)) return false;
  }
  return true;
}

int Block::barrier(BarrierKind kind, int value, std::source_location where) {
  Thread& self = *running.thread;
  self.barrier = kind;
  self.barrier_value = value;
  self.barrier_where = where;
  warps_[self.warp].ready &= ~(1U << self.lane);
  if (++at_barrier_ == count_) {
    open_barrier(kind);
  } else {
    suspend();
  }
  return self.barrier_value;
}

void Block::open_barrier(BarrierKind kind) {
  int holding = 0;
  for (unsigned i = 0; i < count_; ++i) {
    const Thread& thread = threads_[i];
    if (thread.barrier != kind) {
      throw Failure{describe_mixed_barrier(thread)};
    }
    holding += thread.barrier_value != 0 ? 1 : 0;
  }
  const int threads = static_cast<int>(count_);
  const int result = kind == BarrierKind::all   ? (holding == threads ? 1 : 0)
                     : kind == BarrierKind::any ? (holding != 0 ? 1 : 0)
                                                : holding;
  for (unsigned i = 0; i < count_; ++i) {
    threads_[i].barrier_value = result;
    warps_[i / kLanes].ready |= 1U << (i % kLanes);
    ready_warps_ |= 1U << (i / kLanes);
  }
  at_barrier_ = 0;
}

/// Lets another thread run. Returns when this one can go on.
void Block::suspend() {
  Thread& self = *running.thread;
  Thread* next = choose();
  if (next != nullptr) running.thread = next;
  switch_fibers(self.fiber, next != nullptr ? next->fiber : main_);
}

/// A lane of the warp that ran last, or, where all its lanes wait, of another one; null where the
/// rest waits for the kernel before.
Thread* Block::choose() {
  unsigned w = running.thread->warp;
  if (warps_[w].ready == 0) {
    ready_warps_ &= ~(1U << w);
    if (held_ == 0) check_not_stuck(w);
    if (ready_warps_ == 0) return nullptr;
    w = choose_warp();
  }
  const unsigned turn = draw();
  const auto found =
      static_cast<unsigned>(std::countr_zero(std::rotr(warps_[w].ready, static_cast<int>(turn))));
  return &thread(w, (found + turn) % kLanes);
}

/// No lane of warp `w` can go on.
void Block::check_not_stuck(unsigned w) const {
  if (warps_[w].gathering != 0) throw Failure{describe_divergence(w)};
  if (ready_warps_ != 0) return;
  for (unsigned other = 0; other * kLanes < count_; ++other) {
    if (warps_[other].gathering != 0) throw Failure{describe_divergence(other)};
  }
  throw Failure{describe_closed_barrier()};
}

unsigned Block::choose_warp() {
  const unsigned turn = draw();
  const auto found =
      static_cast<unsigned>(std::countr_zero(std::rotr(ready_warps_, static_cast<int>(turn))));
  return (found + turn) % kLanes;
}

unsigned Block::draw() {
  random_ ^= random_ << 13U;
  random_ ^= random_ >> 7U;
  random_ ^= random_ << 17U;
  return static_cast<unsigned>(random_ >> 33U) % kLanes;
}

void Block::fail(const std::string& found) {
  throw Failure{name_of(*running.thread) + ": " + found};
}

}  // namespace pagequest::ops::emulator
