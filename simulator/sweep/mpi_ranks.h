// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "simulator/sweep/run_points.h"

namespace pagequest::simulator {

/// The processes that `mpirun` or `srun` started, through Boost.MPI. Rank 0 hands points out one by
/// one and evaluates some itself, so n ranks are n workers. When a rank dies, MPI ends them all;
/// results are files by then.
class MpiRanks {
 public:
  /// Initialises MPI. Throws usage_error if it is not built in (CMake option PQ_MPI).
  MpiRanks();
  ~MpiRanks();
  MpiRanks(const MpiRanks&) = delete;
  MpiRanks& operator=(const MpiRanks&) = delete;

  [[nodiscard]] static bool is_built_in();
  [[nodiscard]] int rank() const;
  [[nodiscard]] int size() const;

  /// On rank 0: as run_points() with one thread here and one point at a time on every other rank.
  bool run(std::span<const std::size_t> points, const SweepWork& work);
  /// On rank 0, when no more points will come: lets the others return from serve().
  void dismiss();
  /// On the other ranks: evaluates what rank 0 hands out until it dismisses them.
  void serve(const std::function<std::string(std::size_t point)>& evaluate);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagequest::simulator
