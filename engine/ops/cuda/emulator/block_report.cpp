// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/block_report.h"

#include <bit>

namespace pagequest::ops::emulator {
namespace {

std::string place(std::source_location where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

std::string hex(unsigned mask) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x00000000";
  for (std::size_t i = 0; i < 8; ++i) text[9 - i] = kDigits[(mask >> (4 * i)) & 15U];
  return text;
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

}  // namespace

std::string name_of(const Thread& thread) {
  return "thread (" + std::to_string(thread.index.x) + ", " + std::to_string(thread.index.y) +
         ", " + std::to_string(thread.index.z) + "), lane " + std::to_string(thread.lane) +
         " of warp " + std::to_string(thread.warp);
}

std::string describe(const Rendezvous& rendezvous) {
  return std::string(rendezvous.name) + " of lanes " + hex(rendezvous.mask) + " at " +
         place(rendezvous.where);
}

std::string Block::describe_divergence(unsigned w) const {
  const Warp& warp = warps_[w];
  const Thread& waiting =
      threads_[w * kLanes + static_cast<unsigned>(std::countr_zero(warp.gathering))];
  const Rendezvous& rendezvous = waiting.rendezvous;
  std::string text = name_of(waiting) + " waits in " + describe(rendezvous) + ", ";
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const unsigned bit = 1U << lane;
    if ((rendezvous.mask & bit) == 0) continue;
    const Thread& other = threads_[w * kLanes + lane];
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

std::string Block::describe_closed_barrier() const {
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

std::string Block::describe_mixed_barrier(const Thread& other) const {
  const Thread& self = *running.thread;
  return name_of(self) + " waits in " + name_of(self.barrier) + " at " + place(self.barrier_where) +
         " while " + name_of(other) + " is in " + name_of(other.barrier) + " at " +
         place(other.barrier_where);
}

}  // namespace pagequest::ops::emulator
