// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>

#include "engine/ops/cuda/emulator/copy_queue.h"
#include "engine/ops/cuda/emulator/fiber.h"
#include "engine/ops/cuda/emulator/vectors.h"

/// Runs one block of threads at a time. Each thread is a fiber that runs until it must wait for
/// others; who goes on is drawn by a seeded generator, one warp as far as it gets before the next,
/// so that a barrier that is missing changes results.
namespace pagequest::ops::emulator {

inline constexpr unsigned kLanes = 32;
inline constexpr unsigned kMostThreads = 1024;

/// What the lanes of a mask do together. All bring the same, but for `operand`.
struct Rendezvous {
  const char* name = nullptr;  // as in CUDA
  /// Reads and writes the operands of the lanes in `mask`.
  void (*perform)(void* const* operands, unsigned mask) = nullptr;
  unsigned mask = 0;
  unsigned qualifiers = 0;
  void* operand = nullptr;
  std::source_location where;
};

enum class BarrierKind : std::uint8_t { plain, count, all, any };

struct Thread {
  uint3 index{};  // threadIdx
  unsigned warp = 0;
  unsigned lane = 0;
  bool waited_for_previous = false;
  Rendezvous rendezvous;  // while it waits for lanes
  BarrierKind barrier = BarrierKind::plain;
  std::source_location barrier_where;
  int barrier_value = 0;  // brought; after the barrier: the result
  CopyQueue copies;
  Fiber fiber;
};

/// The thread that runs, and what all threads of its block see.
struct Running {
  Thread* thread = nullptr;
  dim3 grid_size;
  dim3 block_size;
  uint3 block{};  // blockIdx
  std::byte* shared = nullptr;
  std::size_t shared_bytes = 0;
};
inline Running running;

/// Which threads of a block are left when it stops.
struct Stop {
  bool ended = false;   // none
  std::string mistake;  // that stopped it for good; "" for none
};

class Block {
 public:
  /// Uses the stacks from `first_stack` on, kMostThreads of them.
  explicit Block(unsigned first_stack) : first_stack_(first_stack) {}

  /// Calls `body` once in each thread of a block that `running` describes. Where `held`, threads
  /// stop in wait_for_previous() until go_on().
  [[nodiscard]] Stop begin(const std::function<void()>& body, std::uint64_t seed, bool held);
  [[nodiscard]] Stop go_on();

  // For the thread that runs:
  void wait_for_previous();
  void gather(const Rendezvous& rendezvous);
  [[nodiscard]] int barrier(BarrierKind kind, int value, std::source_location where);
  [[noreturn]] void fail(const std::string& found);

 private:
  struct Warp {
    unsigned ready = 0;      // lanes that can go on
    unsigned gathering = 0;  // lanes that wait for lanes
    unsigned held = 0;       // lanes that wait for the kernel before
    unsigned returned = 0;   // or never there
  };

  static void thread_main();
  [[nodiscard]] Thread& thread(unsigned warp, unsigned lane) {
    return threads_[warp * kLanes + lane];
  }
  void reset(std::uint64_t seed);
  [[nodiscard]] bool all_wait_alike(const Rendezvous& rendezvous);
  void open_barrier(BarrierKind kind);
  [[nodiscard]] Stop run();
  void suspend();
  void end_thread();
  [[nodiscard]] Thread* choose();
  [[nodiscard]] unsigned choose_warp();
  void check_not_stuck(unsigned warp) const;
  [[nodiscard]] unsigned draw();
  [[nodiscard]] std::string describe_divergence(unsigned warp) const;
  [[nodiscard]] std::string describe_closed_barrier() const;
  [[nodiscard]] std::string describe_mixed_barrier(const Thread& other) const;

  std::array<Thread, kMostThreads> threads_;
  std::array<Warp, kMostThreads / kLanes> warps_;
  unsigned first_stack_ = 0;
  unsigned count_ = 0;  // threads of the block
  unsigned ready_warps_ = 0;
  unsigned at_barrier_ = 0;  // threads
  unsigned returned_ = 0;    // threads
  unsigned held_ = 0;        // threads
  bool holds_ = false;
  std::uint64_t random_ = 1;
  const std::function<void()>* body_ = nullptr;
  Fiber main_;
  Running mine_;  // while it is stopped
  std::string failure_;
};

/// The one that runs.
[[nodiscard]] Block& the_block();

}  // namespace pagequest::ops::emulator
