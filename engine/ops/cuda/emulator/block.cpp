// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/block.h"

#include <bit>
#include <utility>

#include "base/rng.h"

namespace pagequest::ops::emulator {
namespace {

/// Ends the run of a block.
struct Failure {
  std::string found;
};

std::string place(std::source_location where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

std::string name_of(const Thread& thread) {
  return "thread (" + std::to_string(thread.index.x) + ", " + std::to_string(thread.index.y) +
         ", " + std::to_string(thread.index.z) + "), lane " + std::to_string(thread.lane) +
         " of warp " + std::to_string(thread.warp);
}

std::string hex(unsigned mask) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x00000000";
  for (std::size_t i = 0; i < 8; ++i) text[9 - i] = kDigits[(mask >> (4 * i)) & 15U];
  return text;
}

std::string describe(const Rendezvous& rendezvous) {
  return std::string(rendezvous.name) + " of lanes " + hex(rendezvous.mask) + " at " +
         place(rendezvous.where);
}

const char* name_of(BarrierKind kind) {
  switch (kind) {
    case BarrierKind::plain:
      return "__syncthreads";
    case BarrierKind::count:
      return "__syncthreads_count";
    case BarrierKind::all:
      return "__syncthreads_and";
    case BarrierKind::any:
      return "__syncthreads_or";
  }
  return "";
}

bool alike(const Rendezvous& a, const Rendezvous& b) {
  return a.perform == b.perform && a.mask == b.mask && a.qualifiers == b.qualifiers;
}

uint3 thread_index(unsigned number, const dim3& size) {
  return {number % size.x, number / size.x % size.y, number / (size.x * size.y)};
}

}  // namespace

Block& the_block() {
  static Block block;
  return block;
}

std::string Block::run(const std::function<void()>& body, std::uint64_t seed) {
  body_ = &body;
  reset(seed);
  running.thread = &choose();
  switch_fibers(main_, running.thread->fiber);
  running.thread = nullptr;
  return std::exchange(failure_, {});
}

void Block::reset(std::uint64_t seed) {
  const dim3 size = running.block_size;
  count_ = size.x * size.y * size.z;
  random_ = mix64(seed) | 1U;
  at_barrier_ = 0;
  returned_ = 0;
  ready_warps_ = 0;
  for (unsigned w = 0; w * kLanes < count_; ++w) {
    const unsigned lanes = std::min(kLanes, count_ - w * kLanes);
    const unsigned there = lanes == kLanes ? ~0U : (1U << lanes) - 1;
    warps_[w] = {there, 0, ~there};
    ready_warps_ |= 1U << w;
  }
  for (unsigned i = 0; i < count_; ++i) {
    Thread& thread = threads_[i];
    thread.index = thread_index(i, size);
    thread.warp = i / kLanes;
    thread.lane = i % kLanes;
    thread.waited_for_previous = false;
    thread.copies.clear();
    prepare(thread.fiber, i, &Block::thread_main);
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
      fail(std::string("it waits in ") + name_of(kind) + " at " +
           place(running.thread->barrier_where) + " while " + name_of(thread) + " is in " +
           name_of(thread.barrier) + " at " + place(thread.barrier_where));
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
  Thread& next = choose();
  running.thread = &next;
  switch_fibers(self.fiber, next.fiber);
}

/// A lane of the warp that runs, or, where all its lanes wait for the block, of another one.
Thread& Block::choose() {
  unsigned w = running.thread != nullptr ? running.thread->warp : 0;
  if (running.thread == nullptr || warps_[w].ready == 0) {
    if (running.thread != nullptr) {
      if (warps_[w].gathering != 0) throw Failure{describe_divergence(w)};
      ready_warps_ &= ~(1U << w);
      if (ready_warps_ == 0) throw Failure{describe_closed_barrier()};
    }
    const unsigned turn = draw();
    w = (static_cast<unsigned>(std::countr_zero(std::rotr(ready_warps_, static_cast<int>(turn)))) +
         turn) %
        kLanes;
  }
  const unsigned turn = draw();
  const auto found =
      static_cast<unsigned>(std::countr_zero(std::rotr(warps_[w].ready, static_cast<int>(turn))));
  return thread(w, (found + turn) % kLanes);
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

std::string Block::describe_divergence(unsigned w) {
  const Warp& warp = warps_[w];
  const Thread& waiting = thread(w, static_cast<unsigned>(std::countr_zero(warp.gathering)));
  const Rendezvous& rendezvous = waiting.rendezvous;
  std::string text = name_of(waiting) + " waits in " + describe(rendezvous) + ", ";
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const unsigned bit = 1U << lane;
    if ((rendezvous.mask & bit) == 0) continue;
    const Thread& other = thread(w, lane);
    if ((warp.returned & bit) != 0) {
      const bool never_there = w * kLanes + lane >= count_;
      return text + "but lane " + std::to_string(lane) +
             (never_there ? " is outside the block" : " has returned");
    }
    if ((warp.gathering & bit) == 0) {
      return text + "but lane " + std::to_string(lane) + " in " + name_of(other.barrier) + " at " +
             place(other.barrier_where);
    }
    if (!alike(other.rendezvous, rendezvous)) {
      return text + "but lane " + std::to_string(lane) + " in " + describe(other.rendezvous);
    }
  }
  return text + "which never ends";
}

std::string Block::describe_closed_barrier() {
  std::string waiting;
  std::string missing;
  for (unsigned i = 0; i < count_; ++i) {
    const Thread& thread = threads_[i];
    const bool returned = (warps_[thread.warp].returned >> thread.lane & 1U) != 0;
    std::string& text = returned ? missing : waiting;
    if (!text.empty()) continue;
    text = name_of(thread);
    if (!returned) {
      text += std::string(" waits in ") + name_of(thread.barrier) + " at " +
              place(thread.barrier_where);
    }
  }
  return waiting + ", but " + missing + " has returned";
}

}  // namespace pagequest::ops::emulator
