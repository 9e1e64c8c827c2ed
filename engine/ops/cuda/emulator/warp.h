// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "engine/ops/cuda/emulator/block.h"

/// CUDA's barriers, shuffles, votes and reductions, in the global namespace as there. Each notes
/// where it was called from, for the message about lanes that don't meet.
namespace pagequest::ops::emulator {

struct ShuffleOperand {
  std::uint64_t brought;
  unsigned source;  // lane; kLanes: its own
  std::uint64_t got;
};
void perform_shuffle(void* const* operands, unsigned mask);

struct VoteOperand {
  bool holds;
  unsigned got;  // lanes whose predicate holds
};
void perform_vote(void* const* operands, unsigned mask);

struct MatchOperand {
  std::uint64_t value;
  unsigned got;  // lanes with the same value
};
void perform_match(void* const* operands, unsigned mask);

void perform_nothing(void* const* operands, unsigned mask);

template <class T, class Combine>
struct ReduceOperand {
  T value;

  static void perform(void* const* operands, unsigned mask) {
    T sum = static_cast<const ReduceOperand*>(operands[std::countr_zero(mask)])->value;
    for (unsigned rest = mask & (mask - 1); rest != 0; rest &= rest - 1) {
      sum = Combine{}(sum,
                      static_cast<const ReduceOperand*>(operands[std::countr_zero(rest)])->value);
    }
    for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
      static_cast<ReduceOperand*>(operands[std::countr_zero(rest)])->value = sum;
    }
  }
};

template <class T, class Combine>
T reduce(const char* name, unsigned mask, T value, std::source_location where) {
  ReduceOperand<T, Combine> operand{value};
  the_block().gather({name, &ReduceOperand<T, Combine>::perform, mask, 0, &operand, where});
  return operand.value;
}

/// `source`: lane to read from; one outside the caller's segment of `width` lanes means its own.
template <class T>
T shuffle(const char* name, unsigned mask, T value, int source, int width,
          std::source_location where) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  const unsigned lane = running.thread->lane;
  const int first = static_cast<int>(lane) & ~(width - 1);
  const bool inside = source >= first && source < first + width;
  ShuffleOperand operand{0, inside ? static_cast<unsigned>(source) : lane, 0};
  std::memcpy(&operand.brought, &value, sizeof(T));
  const auto qualifiers = static_cast<unsigned>(width);
  the_block().gather({name, &perform_shuffle, mask, qualifiers, &operand, where});
  std::memcpy(&value, &operand.got, sizeof(T));
  return value;
}

inline unsigned vote(const char* name, unsigned mask, bool holds, std::source_location where) {
  VoteOperand operand{holds, 0};
  the_block().gather({name, &perform_vote, mask, 0, &operand, where});
  return operand.got;
}

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a + b);
  }
};
struct Least {
  template <class T>
  T operator()(T a, T b) const {
    return a < b ? a : b;
  }
};
struct Greatest {
  template <class T>
  T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};
struct BitAnd {
  template <class T>
  T operator()(T a, T b) const {
    return a & b;
  }
};
struct BitOr {
  template <class T>
  T operator()(T a, T b) const {
    return a | b;
  }
};
struct BitXor {
  template <class T>
  T operator()(T a, T b) const {
    return a ^ b;
  }
};

}  // namespace pagequest::ops::emulator

inline constexpr int warpSize = 32;

inline void __syncthreads(std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  static_cast<void>(emulator::the_block().barrier(emulator::BarrierKind::plain, 0, where));
}
inline int __syncthreads_count(int holds,
                               std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  return emulator::the_block().barrier(emulator::BarrierKind::count, holds, where);
}
inline int __syncthreads_and(int holds,
                             std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  return emulator::the_block().barrier(emulator::BarrierKind::all, holds, where);
}
inline int __syncthreads_or(int holds,
                            std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  return emulator::the_block().barrier(emulator::BarrierKind::any, holds, where);
}

inline void __syncwarp(unsigned mask = 0xffffffffU,
                       std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  emulator::the_block().gather({"__syncwarp", &emulator::perform_nothing, mask, 0, nullptr, where});
}

template <class T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32,
              std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  const int self = static_cast<int>(emulator::running.thread->lane);
  const int source = (self & ~(width - 1)) | (lane & (width - 1));
  return emulator::shuffle("__shfl_sync", mask, value, source, width, where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32,
                 std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  const int source = static_cast<int>(emulator::running.thread->lane) - static_cast<int>(delta);
  return emulator::shuffle("__shfl_up_sync", mask, value, source, width, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32,
                   std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  const int source = static_cast<int>(emulator::running.thread->lane) + static_cast<int>(delta);
  return emulator::shuffle("__shfl_down_sync", mask, value, source, width, where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32,
                  std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  const int source = static_cast<int>(emulator::running.thread->lane) ^ lanes;
  return emulator::shuffle("__shfl_xor_sync", mask, value, source, width, where);
}

inline unsigned __ballot_sync(unsigned mask, int holds,
                              std::source_location where = std::source_location::current()) {
  return pagequest::ops::emulator::vote("__ballot_sync", mask, holds != 0, where);
}
inline int __any_sync(unsigned mask, int holds,
                      std::source_location where = std::source_location::current()) {
  return pagequest::ops::emulator::vote("__any_sync", mask, holds != 0, where) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int holds,
                      std::source_location where = std::source_location::current()) {
  return pagequest::ops::emulator::vote("__all_sync", mask, holds != 0, where) == mask ? 1 : 0;
}
template <class T>
unsigned __match_any_sync(unsigned mask, T value,
                          std::source_location where = std::source_location::current()) {
  namespace emulator = pagequest::ops::emulator;
  emulator::MatchOperand operand{0, 0};
  std::memcpy(&operand.value, &value, sizeof(T));
  emulator::the_block().gather(
      {"__match_any_sync", &emulator::perform_match, mask, sizeof(T), &operand, where});
  return operand.got;
}

#define PQ_REDUCE(name, type, combine)                                             \
  inline type name(unsigned mask, type value,                                      \
                   std::source_location where = std::source_location::current()) { \
    namespace emulator = pagequest::ops::emulator;                                 \
    return emulator::reduce<type, emulator::combine>(#name, mask, value, where);   \
  }
PQ_REDUCE(__reduce_add_sync, unsigned, Add)
PQ_REDUCE(__reduce_add_sync, int, Add)
PQ_REDUCE(__reduce_min_sync, unsigned, Least)
PQ_REDUCE(__reduce_min_sync, int, Least)
PQ_REDUCE(__reduce_max_sync, unsigned, Greatest)
PQ_REDUCE(__reduce_max_sync, int, Greatest)
PQ_REDUCE(__reduce_and_sync, unsigned, BitAnd)
PQ_REDUCE(__reduce_or_sync, unsigned, BitOr)
PQ_REDUCE(__reduce_xor_sync, unsigned, BitXor)
#undef PQ_REDUCE
